/// Names and numbers in rows, for a terminal or a page.
public struct ReportTable: Equatable, Sendable {
    public struct Row: Equatable, Sendable {
        public var name: String
        public var cells: [String]

        init(_ name: String, _ cells: [String]) {
            self.name = name
            self.cells = cells
        }
    }

    /// May be empty.
    public var title: String
    /// Heads of the columns behind the names.
    public var head: [String]
    public var rows: [Row]

    var hasHead: Bool { self.head.contains { !$0.isEmpty } }

    /// In columns of spaces, numbers to the right.
    public var text: String {
        let rows = (self.hasHead ? [Row(self.title, self.head)] : []) + self.rows
        let name = rows.map(\.name.count).max() ?? 0
        let widths = self.head.indices.map { column in
            rows.compactMap { $0.cells.indices.contains(column) ? $0.cells[column].count : nil }.max() ?? 0
        }
        return rows.map { row in
            var line = row.name + String(repeating: " ", count: name - row.name.count)
            for (cell, width) in zip(row.cells, widths) {
                line += "  " + String(repeating: " ", count: max(0, max(width, 7) - cell.count)) + cell
            }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
