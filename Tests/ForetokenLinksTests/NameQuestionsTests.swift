import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import ForetokenLinks

@Suite(.oneAtATime) struct NameQuestionsTests {
    /// Answers each name at once with itself, but for those that begin with "dead": these wait until they are let go.
    private final class System: Sendable {
        let asked = Recorder<String>()
        private let gate = DispatchSemaphore(value: 0)

        func ask(_ name: String) -> [String] {
            self.asked.add(name)
            guard name.hasPrefix("dead") else { return [name] }
            self.gate.wait()
            return []
        }

        func letGo(_ count: Int) { for _ in 0..<count { self.gate.signal() } }
    }

    @Test func aNameThatNobodyAnswersForHoldsUpNoOther() async throws {
        let (system, answers, dead) = (System(), Recorder<[String]>(), NameQuestions.mostThreads - 1)
        let questions = NameQuestions(system: system.ask)
        for number in 0..<dead { questions.ask(for: "dead\(number)") { answers.add($0) } }
        try await system.asked.wait(for: dead)
        for (number, name) in ["a", "b", "a"].enumerated() {
            questions.ask(for: name) { answers.add($0) }
            #expect(try await answers.wait(for: number + 1)[number] == [name])
        }
        system.letGo(dead)
        #expect(try await answers.wait(for: 3 + dead).suffix(dead).allSatisfy(\.isEmpty))
    }

    @Test func aNameIsAskedForOnceForAllWhoWantToKnow() async throws {
        let (system, answers) = (System(), Recorder<[String]>())
        let questions = NameQuestions(system: system.ask)
        for _ in 0..<100 { questions.ask(for: "dead") { answers.add($0) } }
        system.letGo(1)
        #expect(try await answers.wait(for: 100).allSatisfy(\.isEmpty))
        #expect(system.asked.elements == ["dead"])
        // And once more for who asks later.
        questions.ask(for: "dead") { answers.add($0) }
        system.letGo(1)
        try await answers.wait(for: 101)
        #expect(system.asked.elements == ["dead", "dead"])
    }

    /// Threads are few, whatever addresses somebody gives.
    @Test func moreNamesThanThreadsWaitForTheirTurn() async throws {
        let (system, answers) = (System(), Recorder<[String]>())
        let questions = NameQuestions(system: system.ask)
        let (most, count) = (NameQuestions.mostThreads, 3 * NameQuestions.mostThreads)
        for number in 0..<count { questions.ask(for: "dead\(number)") { answers.add($0) } }
        questions.ask(for: "a") { answers.add($0) }
        for round in 1...3 {
            try await system.asked.wait(for: round * most)
            #expect(system.asked.elements.count == round * most)
            system.letGo(most)
        }
        #expect(try await answers.wait(for: count + 1).filter { $0 == ["a"] }.count == 1)
    }
}
