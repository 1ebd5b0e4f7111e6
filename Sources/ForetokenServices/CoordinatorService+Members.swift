internal import Executors
public import ForetokenLinks
internal import ForetokenWire
internal import Logging
internal import OrderedCollections
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
            // What is wrong with a name is told at the start too; keys may be listed later.
            do throws(LinkError) {
                try self.network.check(address, expecting: ExpectedPeer(role))
            } catch {
                guard error.isOfKeys else { throw error }
                self.settings.logger.warning(
                    "Member cannot be reached for", [.address: address, .reason: "\(error)"])
            }
            if self.settings.resolver.isName(address) {
                self.state.list(name: address, role)
            } else {
                self.state.list(address, role, now: self.loop.now)
            }
        }
    }

    /// Goes on with other listed targets and drafts: new ones are reached for, and the texts of those that are no longer
    /// listed go on elsewhere. Does nothing before the start and after the end.
    ///
    /// - Throws: where a text is not an address, and nothing has changed then; or where a new member cannot be reached for.
    public func relist(targets: [String], drafts: [String]) throws(LinkError) {
        guard self.link != nil else { return }
        let lists = [(Role.target, targets, self.listed.targets), (.draft, drafts, self.listed.drafts)]
        for (role, addresses, _) in lists {
            for address in addresses {
                do throws(LinkError) {
                    try self.network.check(address, expecting: ExpectedPeer(role))
                } catch {
                    guard error.isOfKeys else { throw error }
                }
            }
        }
        for (_, addresses, former) in lists {
            for address in former where !addresses.contains(address) { self.state.unlist(address, now: self.loop.now) }
        }
        for (role, addresses, former) in lists {
            try self.list(addresses.filter { !former.contains($0) }, role)
        }
        self.listed = (targets, drafts)
        self.lookup.change(to: (targets + drafts).filter(self.settings.resolver.isName))
        self.failure = nil
        self.settle()
        if let failure { throw failure }
    }

    /// - Throws: why no one of those that are listed can be reached for, where it is so.
    func checkAnyKey() throws(LinkError) {
        var fault: LinkError?
        for (role, addresses) in [(Role.target, self.listed.targets), (.draft, self.listed.drafts)] {
            for address in addresses {
                do throws(LinkError) {
                    return try self.network.check(address, expecting: ExpectedPeer(role))
                } catch {
                    fault = fault ?? error
                }
            }
        }
        if let fault { throw fault }
    }

    /// Whether the loss of a member tells of this side, which was cut off or asleep, rather than of the member: it lives
    /// and has forgotten this side, or all are silent at once.
    func isOurs(_ member: String, now: Double) -> Bool {
        let others = self.connections.filter { $0.key != member }.values
        switch self.connections[member]?.state.loss {
        case .forgotten: return true
        case .silent:
            let heartbeat = Double(self.settings.heartbeatMilliseconds) / 1000
            return !others.isEmpty && others.allSatisfy { now - $0.state.lastHeard > heartbeat }
        case .ended, nil: return false
        }
    }

    /// Asks for names, off the loop, where it is time.
    func lookUp(now: Double) {
        let names = self.lookup.begin(now: now)
        guard !names.isEmpty else { return }
        let resolver = self.settings.resolver
        Task { [weak self] in
            await resolver.ask(for: names) { [weak self] in await self?.found($1, behind: $0) }
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
