import CForetokenProtos
import Speculation

extension Rounding {
    func message(in arena: Arena) -> UnsafeMutablePointer<Foretoken__V1__Rounding> {
        arena.make(foretoken__v1__rounding__init) {
            ($0.n_kinds, $0.kinds) = arena.copy(self.kinds) { Self.message($0, in: arena) }
            $0.distance = self.distance ?? 0
            $0.has_distance = self.distance == nil ? 0 : 1
            $0.shares_passes = self.exact?.sharesCalls == true ? 1 : 0
            $0.exact = self.exact.map { Self.message($0.least...$0.most, in: arena) }
            $0.price = self.price
            $0.fingerprint = self.fingerprint ?? 0
        }
    }

    init(_ message: Foretoken__V1__Rounding) throws(WireError) {
        let kinds = try Field("kinds").array(message.kinds, message.n_kinds, atMost: Limits.kinds, Self.widths)
        let distance = try Field("distance").check(message.distance) { $0 >= 0 && $0.isFinite }
        let shares = message.shares_passes != 0
        let exact = try Field("exact").optional(message.exact, Self.widths)
        self.init(
            kinds: kinds, distance: message.has_distance != 0 ? distance : nil,
            exact: exact.map { ExactPasses(least: $0.lowerBound, most: $0.upperBound, sharesCalls: shares) },
            fingerprint: exact == nil || message.fingerprint == 0 ? nil : message.fingerprint,
            price: try Field("price").quantity(message.price))
    }

    private static func message(
        _ widths: ClosedRange<Int>, in arena: Arena
    ) -> UnsafeMutablePointer<Foretoken__V1__Widths> {
        arena.make(foretoken__v1__widths__init) {
            $0.least = UInt32(count: widths.lowerBound)
            $0.most = UInt32(count: widths.upperBound)
        }
    }

    private static func widths(_ message: Foretoken__V1__Widths) throws(WireError) -> ClosedRange<Int> {
        let least = try Field("least").count(message.least)
        let most = try Field("most").count(message.most)
        guard least >= 1, least <= most else { throw WireError.invalid("most") }
        return least...most
    }
}
