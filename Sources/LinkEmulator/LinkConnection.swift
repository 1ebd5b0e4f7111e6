internal import NIOCore

/// One connection over the link: two sockets, and what is under way between them. On its event loop only.
final class LinkConnection {
    private let link: LinkState
    private let near: any Channel
    private let far: any Channel
    private let there: Transfer
    private let back: Transfer

    /// - Parameters:
    ///   - near: accepted here.
    ///   - far: to where the link leads.
    private init(_ link: LinkState, near: any Channel, far: any Channel) {
        self.link = link
        self.near = near
        self.far = far
        self.there = Transfer(.there, from: near, to: far, over: link)
        self.back = Transfer(.back, from: far, to: near, over: link)
        self.there.whenOver = { [weak self] in self?.closeWhereOver() }
        self.back.whenOver = { [weak self] in self?.closeWhereOver() }
    }

    /// Joins two sockets that are not read yet.
    static func join(_ near: any Channel, _ far: any Channel, over link: LinkState) throws {
        let connection = LinkConnection(link, near: near, far: far)
        try near.pipeline.syncOperations.addHandler(
            EndHandler(connection, incoming: connection.there, outgoing: connection.back))
        try far.pipeline.syncOperations.addHandler(
            EndHandler(connection, incoming: connection.back, outgoing: connection.there))
        link.add(connection)
        far.read()
    }

    /// Closes both sockets once nothing more can pass, or neither end is left.
    func closeWhereOver() {
        if self.there.isOver && self.back.isOver { self.close() }
    }

    /// Closes both sockets; what is under way is lost.
    func close() {
        self.link.remove(self)
        self.there.stop()
        self.back.stop()
        self.near.close(promise: nil)
        self.far.close(promise: nil)
    }

    func freeze(_ isFrozen: Bool) {
        self.there.freeze(isFrozen)
        self.back.freeze(isFrozen)
    }
}
