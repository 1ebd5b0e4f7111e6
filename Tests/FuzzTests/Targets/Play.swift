/// A part of the system that bytes play with: they decide what happens to it, event after event.
protocol Play: SendableMetatype {
    /// Takes what the first bytes decide.
    init(_ tape: inout Tape) throws(Broken)

    /// Lets the next thing happen, and checks what must hold whatever it is.
    mutating func act(_ tape: inout Tape) throws(Broken)

    /// Lets everybody leave, and checks that nothing is held for them.
    mutating func end() throws(Broken)

    /// Whether something came of it: not all that the bytes said was refused.
    var hasRead: Bool { get }
}

extension FuzzTarget {
    /// Plays until the bytes are at their end.
    init<Kind: Play>(_ name: String, _: Kind.Type) {
        self.init(name) { bytes throws(Broken) in
            var tape = Tape(bytes)
            var play = try Kind(&tape)
            while !tape.isAtEnd { try play.act(&tape) }
            try play.end()
            return play.hasRead
        }
    }
}
