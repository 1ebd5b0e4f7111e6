internal import Executors
internal import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import Roles

/// Members that are named, and those that register.
extension CoordinatorService {
    /// A peer has greeted: a target or a draft that tells where it is reached is a member from now on.
    ///
    /// - Returns: why it is not; `nil` where it is, or need not be.
    func register(_ id: PeerID) -> Status? {
        guard let link, let member = self.reception[id], member.role == .target || member.role == .draft,
            !member.address.isEmpty
        else { return nil }
        do throws(LinkError) {
            let address = try self.network.reached(member.address, greeting: link)
            return self.state.registered(address, member, by: id, key: id.identity?.key, now: self.loop.now)
        } catch {
            return Status(.invalidArgument, "\(error)")
        }
    }

    func list(_ addresses: [String], _ role: Role) throws(LinkError) {
        for address in addresses {
            // What is wrong with a name is told at the start too.
            try self.network.check(address, expecting: ExpectedPeer(role))
            if self.settings.resolver.isName(address) {
                self.state.list(name: address, role)
            } else {
                self.state.list(address, role, now: self.loop.now)
            }
        }
    }

    /// Asks for names, off the loop, where it is time.
    func lookUp(now: Double) {
        let names = self.lookup.begin(now: now)
        guard !names.isEmpty else { return }
        let resolver = self.settings.resolver
        Task { [weak self] in
            for name in names { await self?.found(await resolver.addresses(name), behind: name) }
            await self?.endLookup()
        }
    }

    private func found(_ addresses: [String], behind name: String) {
        self.lookup.answered(by: addresses)
        if addresses.isEmpty {
            self.settings.logger.warning("Name does not resolve; it is asked for again", [.address: name])
        }
        self.state.resolved(name, to: addresses, now: self.loop.now)
        self.settle()
    }

    private func endLookup() { self.lookup.end(now: self.loop.now) }
}
