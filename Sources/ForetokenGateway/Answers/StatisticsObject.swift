import Foretoken

/// What texts have cost, as `foretoken generate --json` writes it.
struct StatisticsObject: Encodable, Sendable {
    let statistics: GenerationStatistics

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        for (name, figure) in self.statistics.figures {
            let key = AnyKey(stringValue: name)
            switch figure {
            case .count(let count): try container.encode(count, forKey: key)
            case .measure(let value): try container.encode(value.isFinite ? value : 0, forKey: key)
            }
        }
    }
}
