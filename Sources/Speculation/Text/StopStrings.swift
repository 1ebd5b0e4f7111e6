/// The strings that end a text, as one automaton that reads each byte of the text once (Aho and Corasick, 1975).
///
/// A state stands for the longest run of the bytes read last that a string begins with. Making the automaton takes time
/// and memory in proportion to the bytes of all strings; a byte of the text costs at most two moves on average,
/// whatever was read before and however many strings there are.
public struct StopStrings: Sendable {
    /// Index of a node of the tree of all beginnings; 0 is the empty one.
    typealias State = Int32

    /// For each node: the byte that leads to it, and the number of bytes on the way from the root.
    private var bytes: [UInt8] = [0]
    private var depths: [Int32] = [0]
    /// For each node: the first of its children, which are in the order of their bytes and end where those of the next
    /// node begin.
    private var children: [State] = []
    /// For each node: the longest proper ending of its bytes that is a node too.
    private var endings: [State] = [0]
    /// For each node: the length of the longest string that its bytes end with; 0 where none does.
    private var lengths: [Int32] = [0]

    /// Nodes that were looked at to make the automaton.
    private(set) var makingMoves = 0
    var nodeCount: Int { self.bytes.count }

    /// Without any string.
    public static let none = StopStrings([])

    /// - Parameter strings: the text ends before the first of them; empty ones are passed over.
    public init(_ strings: [String]) {
        let strings = strings.map { Array($0.utf8) }.filter { !$0.isEmpty }
        var order = Array(strings.indices)
        /// For each node: where the strings that begin with it stand in `order`.
        var members = [order.startIndex..<order.endIndex]
        var node = 0
        // Nodes come in the order of their depth, so whatever a node leans on is there before it.
        while node < members.count {
            self.children.append(State(members.count))
            let depth = Int(self.depths[node])
            func byte(_ string: Int) -> Int { strings[string].count == depth ? -1 : Int(strings[string][depth]) }
            var rest = members[node]
            if rest.count > 1 { order[rest].sort { byte($0) < byte($1) } }
            while let first = rest.first {
                let next = byte(order[first])
                let end = rest.first { byte(order[$0]) != next } ?? rest.upperBound
                if next < 0 {
                    self.lengths[node] = Int32(depth)
                } else {
                    members.append(first..<end)
                    self.addChild(of: State(node), by: UInt8(next))
                }
                rest = end..<rest.upperBound
            }
            if self.lengths[node] == 0 { self.lengths[node] = self.lengths[Int(self.endings[node])] }
            node += 1
        }
        self.children.append(State(members.count))
    }

    private mutating func addChild(of parent: State, by byte: UInt8) {
        var moves = 0
        self.endings.append(parent == 0 ? 0 : self.state(behind: self.endings[Int(parent)], byte, moves: &moves))
        self.makingMoves += moves
        self.bytes.append(byte)
        self.depths.append(self.depths[Int(parent)] + 1)
        self.lengths.append(0)
    }

    /// The state once another byte is read.
    ///
    /// - Parameter moves: is raised by the number of nodes that were looked at.
    func state(behind state: State, _ byte: UInt8, moves: inout Int) -> State {
        var state = state
        while true {
            moves += 1
            if let child = self.child(of: state, by: byte) { return child }
            if state == 0 { return 0 }
            state = self.endings[Int(state)]
        }
    }

    private func child(of state: State, by byte: UInt8) -> State? {
        var (low, high) = (self.children[Int(state)], self.children[Int(state) + 1])
        while low < high {
            let middle = low + (high - low) / 2
            if self.bytes[Int(middle)] < byte { low = middle + 1 } else { high = middle }
        }
        return low < self.children[Int(state) + 1] && self.bytes[Int(low)] == byte ? low : nil
    }

    /// How many of the bytes read last a string may begin with.
    func open(in state: State) -> Int { Int(self.depths[Int(state)]) }

    /// The length of the longest string that the bytes read so far end with; 0 where none does.
    func length(at state: State) -> Int { Int(self.lengths[Int(state)]) }
}
