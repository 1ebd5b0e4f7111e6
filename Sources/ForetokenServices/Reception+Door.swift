internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging

extension Reception {
    /// Looks at the door of a service, once a second: whose key is revoked, and what was refused.
    ///
    /// - Returns: peers that are lost, and what was refused since the last look; `nil` where the next is not due.
    mutating func look(
        at network: any Network, logger: Logger, now: Double
    ) -> (lost: [PeerID], refused: [Refusals.News])? {
        guard now >= self.nextDoorLook else { return nil }
        self.nextDoorLook = now + ServiceSettings.lookInterval
        let news = network.takeNews()
        if news.isListNew { logger.info("The list of members was read anew", [:]) }
        if let fault = news.fault {
            logger.error("The list of members cannot be read; the old one goes on", [.error: fault.description])
        }
        for (address, fault) in news.unreachable.sorted(by: { $0.key < $1.key }) {
            logger.error("Not reached for until the keys tell who is there", [.address: address, .error: "\(fault)"])
        }
        let lost = self.take(news, isMember: network.isMember)
        for id in lost {
            logger.warning("Key revoked; peer lost", [.peer: id.identity?.name ?? ""])
        }
        let refused = self.refusals.takeNews()
        logger.log(refused)
        return (lost, refused)
    }
}
