import CommandSupport
import Foretoken

/// What speaks against members by what they tell of themselves.
extension Finding {
    /// Why a draft cannot work for any target.
    static func obstacles(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        if examination.drafts.isEmpty {
            findings.append(
                Finding(
                    code: .noDraft, sentence: "The coordinator knows no draft.",
                    remedy: "start one with foretoken serve draft, and list it with --draft at the coordinator"))
        }
        for (role, member) in examination.members {
            if !member.isReachable {
                findings.append(
                    Finding(
                        code: .unreachable,
                        sentence: "The \(role) \(member.address) does not answer the coordinator: \(member.reason).",
                        remedy: "see that it runs, that its address is right, and that each has the other's key"))
            } else if role == "draft", let target = examination.targetOfOtherVocabulary(than: member) {
                findings.append(
                    Finding(
                        code: .otherVocabulary,
                        sentence: "The draft \(member.address) (\(member.model), \(member.vocabulary.size) tokens) has "
                            + "another vocabulary than the target \(target.address) (\(target.model), "
                            + "\(target.vocabulary.size) tokens): its tokens mean something else there.",
                        remedy: "take a draft of the target's family; foretoken generate with both files, --model and "
                            + "--draft, names the first token that differs"))
            } else if !member.reason.isEmpty {
                findings.append(
                    Finding(
                        code: .notUsed, sentence: "The \(role) \(member.address) is not used: \(member.reason).",
                        remedy: "foretoken describe tells when that has changed"))
            }
            if member.execution?.canRollBack == false {
                findings.append(
                    Finding(
                        code: .noRollBack,
                        sentence: "The \(role) \(member.address) (\(member.model)) cannot take tokens back, so nothing "
                            + "can be drafted with it.",
                        remedy: "take a model without a recurrent state"))
            }
        }
        return findings
    }

    /// Where more threads compute than can run.
    static func threads(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        for (role, member) in examination.members {
            guard let execution = member.execution, let most = execution.threadsThatRun, execution.threads > most else {
                continue
            }
            findings.append(
                Finding(
                    code: .threadsOverCores,
                    sentence: "The \(role) \(member.address) computes with \(count(execution.threads, "thread")), and "
                        + "may use \(ExecutionText.cores(execution.cores)): its threads wait for each other at every "
                        + "step.",
                    remedy: "start it with --threads \(most), or give it \(count(execution.threads, "core"))"))
        }
        return findings
    }

    /// What would be better otherwise, whatever is predicted.
    static func advice(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        for (role, member) in examination.members {
            guard let share = member.execution?.largePageShare, share < 0.5 else { continue }
            findings.append(
                Finding(
                    code: .smallPages,
                    sentence: "Only \((share * 100).text(0)) % of the weights of the \(role) \(member.address) lie in "
                        + "large pages; a pass of one row takes up to a fifth less time where all do.",
                    remedy: "let /sys/kernel/mm/transparent_hugepage/enabled be madvise or always, have more memory "
                        + "free than the model takes twice, and start it anew"))
        }
        let drafted = examination.drafts.filter(\.isUsed).reduce(0) { $0 + $1.slots }
        let served = examination.targets.filter(\.isUsed).reduce(0) { $0 + $1.slots }
        if drafted > 0, drafted < served {
            findings.append(
                Finding(
                    code: .fewDraftSlots,
                    sentence: "The targets write \(count(served, "text")) at once, and the drafts have slots for "
                        + "\(drafted): the others are written without a draft.",
                    remedy: "give drafts more --slots, or start another draft"))
        }
        return findings
    }
}

extension Examination {
    /// All of them, with what they are.
    fileprivate var members: [(role: String, member: Member)] {
        self.targets.map { ("target", $0) } + self.drafts.map { ("draft", $0) }
    }

    fileprivate func targetOfOtherVocabulary(than draft: Member) -> Member? {
        self.targets.first { $0.isReachable && $0.vocabulary != draft.vocabulary }
    }
}

extension Examination.Member {
    fileprivate var isUsed: Bool { self.isReachable && self.reason.isEmpty }
}
