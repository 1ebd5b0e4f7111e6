import CommandSupport
import Foretoken

/// A diagnosis for people: the verdict first, then why, then what would change it, then what was measured.
struct DoctorReport {
    let text: String

    init(_ diagnosis: Diagnosis, _ deployment: Deployment, address: String) {
        let sections = [
            diagnosis.sentence, Self.findings(diagnosis), Self.levers(diagnosis), Self.measured(diagnosis.examination),
            DeploymentReport(deployment, address: address).text,
        ]
        self.text = sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func findings(_ diagnosis: Diagnosis) -> String {
        diagnosis.findings.map { finding in
            let ratio = finding.ratio.map { " (then \($0.text(2)) times)" } ?? ""
            return "\(finding.code.rawValue): \(finding.sentence)\n    Way out: \(finding.remedy)\(ratio)."
        }.joined(separator: "\n")
    }

    private static func levers(_ diagnosis: Diagnosis) -> String {
        // Where it does not pay, they are findings.
        guard let best = diagnosis.best, diagnosis.verdict == .pays, !best.levers.isEmpty else { return "" }
        let lines = best.levers.map { "    \($0.ratio.text(2)) times with \($0.lever.text(best.pair.gain))" }
        return (["What would change it, one at a time:"] + lines).joined(separator: "\n")
    }

    private static func measured(_ examination: Examination) -> String {
        let sample = examination.sample
        var parts = [
            "Measured on \(count(sample.texts, "text")): the target alone writes "
                + "\(sample.aloneTokensPerSecond.shortText) tokens/s"
        ]
        if let acceptance = sample.acceptance {
            parts.append(
                "accepts \((acceptance * 100).text(0)) % of \(count(sample.judgedTokens, "judged draft token"))")
        }
        if sample.bytesPerToken > 0 {
            parts.append(
                "\(sample.bytesPerToken.text(0)) bytes cross the link for each token, so that a Mbit/s carries "
                    + "\((1e6 / 8 / sample.bytesPerToken).text(0)) tokens/s")
        }
        return parts.joined(separator: "; ") + "."
    }
}
