/// The stopping rule: one more draft token while it is worth more than it costs.
///
/// Drafting is foraging: stay as long as the next token pays better than the average of moving on (Charnov, "Optimal
/// foraging, the marginal value theorem", 1976). With S the probability that everything drafted so far is accepted and
/// m the predicted acceptance of the next token, one more token brings S m tokens and takes the time of drafting it and
/// of its row; `Price` tells these times in tokens, at the measured rate (see `PriceBook`). Where all rows have one
/// price, the rule is: one more while S m > row + draft token. Where the pass time has steps, it looks over them.
public enum MarginalRule {
    /// The most that further tokens can bring beyond their cost, in tokens; above 0, one more is drafted.
    ///
    /// - Parameters:
    ///   - count: tokens that the block has.
    ///   - survival: the probability that they are all accepted.
    ///   - next: the acceptance of each further token.
    public static func gain(behind count: Int, survival: Double, next: Double, at price: Price) -> Double {
        var (worth, sum, best) = (survival, 0.0, 0.0)
        for index in count..<max(count, LookaheadRule.mostTokens) {
            worth *= next
            guard worth > price.perDraftToken else { break }
            sum += worth - price.perDraftToken - price.row(at: index)
            best = max(best, sum)
            // All rows from here on have one price: what does not pay now never will.
            if index + 1 >= price.rows.count, worth <= price.perDraftToken + price.row(at: index) { break }
        }
        return best
    }

    /// What drafted tokens bring beyond their rows, in tokens, and how many of them bring most.
    ///
    /// - Parameter survival: for each token, the probability that it and all before it are accepted.
    public static func worth(of survival: some Sequence<Double>, at price: Price) -> (sum: Double, count: Int) {
        var (sum, best, count) = (0.0, 0.0, 0)
        for (index, survival) in survival.enumerated() {
            sum += survival - price.row(at: index)
            if sum > best { (best, count) = (sum, index + 1) }
        }
        return (best, count)
    }
}
