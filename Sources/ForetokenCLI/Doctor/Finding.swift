/// Something that keeps drafting from paying, or from paying more.
struct Finding: Sendable {
    let code: Code
    /// One sentence, with the figures.
    let sentence: String
    /// The way out.
    let remedy: String
    /// What the prediction would be then; `nil` where nobody can tell.
    var ratio: Double?

    /// Stays the same from one release to the next, for programs that go by it.
    enum Code: String, CaseIterable, Sendable {
        case noDraft = "no-draft"
        case unreachable
        case otherVocabulary = "other-vocabulary"
        case notUsed = "not-used"
        case noRollBack = "no-roll-back"
        case threadsOverCores = "threads-over-cores"
        case tooFar = "too-far"
        case draftTooSlow = "draft-too-slow"
        case lowAcceptance = "low-acceptance"
        case rowsTooDear = "rows-too-dear"
        case severalCauses = "several-causes"
        case smallPages = "small-pages"
        case fewDraftSlots = "few-draft-slots"
        case otherTexts = "other-texts"
        case otherThanPredicted = "other-than-predicted"
    }
}
