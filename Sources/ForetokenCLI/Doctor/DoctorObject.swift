import Foretoken
import ForetokenGateway
import Foundation
import Speculation

/// A diagnosis for programs. Times are in milliseconds, as in `describe --json`.
struct DoctorObject: Encodable {
    private let verdict: String
    private let sentence: String
    private let findings: [FindingObject]
    private let pairs: [PairObject]
    private let sample: SampleObject
    private let deployment: DeploymentObject

    init(_ diagnosis: Diagnosis, _ deployment: Deployment, address: String) {
        self.verdict = diagnosis.verdict.rawValue
        self.sentence = diagnosis.sentence
        self.findings = diagnosis.findings.map { FindingObject($0) }
        self.pairs = diagnosis.prognoses.map { PairObject($0) }
        self.sample = SampleObject(diagnosis.examination.sample)
        self.deployment = DeploymentObject(deployment, address: address)
    }

    /// In one line.
    var jsonText: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    private struct FindingObject: Encodable {
        let code: String
        let sentence: String
        let remedy: String
        let ratio: Double?

        init(_ finding: Finding) {
            self.code = finding.code.rawValue
            self.sentence = finding.sentence
            self.remedy = finding.remedy
            self.ratio = finding.ratio
        }
    }

    private struct PairObject: Encodable {
        let target: String
        let draft: String
        let predictedRatio: Double
        let breakEvenRoundTripMs: Double?
        let breakEvenDraftTokenMs: Double?
        let passMs: Double
        let draftTokenMs: Double
        let roundTripMs: Double
        let acceptance: Double
        let changes: [Change]

        struct Change: Encodable {
            let code: String
            let text: String
            let ratio: Double
        }

        init(_ prognosis: Prognosis) {
            let gain = prognosis.pair.gain
            self.target = prognosis.pair.target
            self.draft = prognosis.pair.draft
            self.predictedRatio = prognosis.ratio
            self.breakEvenRoundTripMs = prognosis.breakEvenRoundTrip.map { $0 * 1000 }
            self.breakEvenDraftTokenMs = prognosis.breakEvenDraftToken.map { $0 * 1000 }
            self.passMs = gain.passTime.seconds(rows: 1) * 1000
            self.draftTokenMs = gain.draftToken * 1000
            self.roundTripMs = gain.roundTrip * 1000
            self.acceptance = gain.acceptance
            self.changes = prognosis.levers.map {
                Change(code: $0.lever.rawValue, text: $0.lever.text(gain), ratio: $0.ratio)
            }
        }
    }

    private struct SampleObject: Encodable {
        let texts: Int
        let aloneTokensPerSecond: Double
        let ratio: Double?
        let ratioLow: Double?
        let ratioHigh: Double?
        let judgedTokens: Int
        let acceptance: Double?
        let linkBytesPerToken: Double

        init(_ sample: SampleFigures) {
            self.texts = sample.texts
            self.aloneTokensPerSecond = sample.aloneTokensPerSecond
            self.ratio = sample.ratio
            self.ratioLow = sample.interval?.lowerBound
            self.ratioHigh = sample.interval?.upperBound
            self.judgedTokens = sample.judgedTokens
            self.acceptance = sample.acceptance
            self.linkBytesPerToken = sample.bytesPerToken
        }
    }
}
