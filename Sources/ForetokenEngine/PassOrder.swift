/// The order in which the parts of a pass go into it, so that none of their rows is computed alone.
///
/// Where slots have memory of their own, libllama computes a pass piece by piece: of slots whose numbers follow each
/// other it takes as many rows of each as the one with the fewest has left. So 4 and 3 rows would become a piece of 6
/// and one of 1; and kernels for one row round otherwise than those for several. Slots whose rows differ by one are
/// therefore put in falling order, behind which a piece ends; all others keep rising, and share their pieces. Then a
/// slot computes the same to the last bit, whoever else is in the pass, as long as it brings two rows or more itself.
struct PassOrder {
    /// Of the parts.
    let places: [Int]

    /// - Parameter parts: of different slots.
    init(_ parts: [(slot: Int, rows: Int)]) {
        var groups: [[Int]] = []
        for place in parts.indices.sorted(by: { parts[$0].slot < parts[$1].slot }) {
            if let group = groups.last, parts[group.last!].slot == parts[place].slot - 1,
                group.allSatisfy({ Self.mayShare(parts[$0].rows, parts[place].rows) })
            {
                groups[groups.count - 1].append(place)
            } else {
                groups.append([place])
            }
        }
        self.places = groups.reversed().flatMap(\.self)
    }

    /// A piece takes of a slot what it has beyond another of its group, or all.
    private static func mayShare(_ rows: Int, _ others: Int) -> Bool {
        rows > 1 && others > 1 && abs(rows - others) != 1
    }
}
