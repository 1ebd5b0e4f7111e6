internal import Foretoken
internal import Testing

@testable import ForetokenCLI

@Suite struct StatisticsReportTests {
    @Test func whereADraftFoundNothingWorthSendingItsPriceIsTold() {
        var statistics = GenerationStatistics()
        statistics.generatedTokens = 128
        #expect(!StatisticsReport(statistics).line.contains("draft"), "there was none")
        (statistics.prices, statistics.pricedBlocks) = (2.4, 4)
        #expect(
            StatisticsReport(statistics).line.hasSuffix("nothing drafted: a draft token would cost 0.60 tokens here"))
        statistics.draftTokens = 8
        #expect(StatisticsReport(statistics).line.contains("0 % of 8 draft tokens accepted"))
    }
}
