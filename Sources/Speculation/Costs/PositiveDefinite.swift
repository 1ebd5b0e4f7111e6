/// Solves a positive definite system by Cholesky's decomposition.
///
/// - Parameters:
///   - matrix: row by row; only its lower half is looked at.
///   - leastPivot: what a square on the diagonal must exceed.
/// - Returns: `nil` where rounding has eaten the matrix.
func positiveDefiniteSolution(of matrix: [Double], _ right: [Double], leastPivot: Double) -> [Double]? {
    let count = right.count
    var lower = matrix
    var solution = right
    for row in 0..<count {
        for column in 0...row {
            var sum = lower[row * count + column]
            for index in 0..<column { sum -= lower[row * count + index] * lower[column * count + index] }
            if row == column {
                guard sum > leastPivot, sum.isFinite else { return nil }
                lower[row * count + row] = sum.squareRoot()
            } else {
                lower[row * count + column] = sum / lower[column * count + column]
            }
        }
        for index in 0..<row { solution[row] -= lower[row * count + index] * solution[index] }
        solution[row] /= lower[row * count + row]
    }
    for row in (0..<count).reversed() {
        for index in row + 1..<count { solution[row] -= lower[index * count + row] * solution[index] }
        solution[row] /= lower[row * count + row]
    }
    return solution.allSatisfy(\.isFinite) ? solution : nil
}
