import Executors
import ForetokenEngine
import ForetokenLinks
import ForetokenMetrics
import ForetokenModels
import ForetokenWire
import InProcess
import Logging
import Roles
import Speculation
import Testing

@testable import ForetokenServices

/// A target, drafts and a coordinator in this process, joined by links with faults, on instant models.
///
/// Draft and target are joined over the address `far`, so that faults can be given to these links alone.
actor Cluster {
    nonisolated let network: InProcessNetwork
    nonisolated let language: SyntheticLanguage
    let slots: Int
    let context: Int
    let agreement: Double
    /// How long a pass of a target takes, where its model is instant otherwise.
    private var passSeconds: Double
    /// Sets that at each target's model, on its loop.
    private var setPassSeconds: [@Sendable (Double) -> Void] = []
    /// How the target's model depends on the widths of passes, if it does.
    let rounding: Rounding?
    /// By address, of targets whose passes can be made to hang.
    let brakes: [String: HangingModel.Brake]
    /// With which a target finds out that one does.
    let watch: PassWatch
    /// The bundled pair, instead of instant models; on exact passes.
    let usesBundledModels: Bool
    /// By address; most clusters have one, at `target`.
    private(set) var targets: [String: TargetService] = [:]
    var target: TargetService? { self.targets["target"] }
    private let targetAddresses: [String]
    private(set) var drafts: [String: DraftService] = [:]
    private(set) var coordinator: CoordinatorService?
    private var others: [CoordinatorService] = []
    private var loops: [any Loop] = []
    private let logger: Logger

    nonisolated let heartbeatMilliseconds: UInt32
    /// What the coordinators count.
    nonisolated let metrics = PrometheusMetrics(CoordinatorService.metricDescriptions)

    init(
        seed: UInt64 = 1, vocabulary: Int = 64, slots: Int = 4, context: Int = 512, agreement: Double = 0.8,
        targets: [String] = ["target"], drafts: [String] = ["draft"], usesBundledModels: Bool = false,
        passSeconds: Double = 0, endShare: Double = 0, heartbeatMilliseconds: UInt32 = 500, rounding: Rounding? = nil,
        brakes: [String: HangingModel.Brake] = [:], watch: PassWatch = PassWatch(), logger: Logger? = nil
    ) async throws {
        self.rounding = rounding
        self.brakes = brakes
        self.watch = watch
        self.passSeconds = passSeconds
        self.targetAddresses = targets
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.usesBundledModels = usesBundledModels
        self.network = InProcessNetwork(seed: seed)
        self.language = SyntheticLanguage(vocabularySize: vocabulary, seed: seed, endShare: endShare)
        self.slots = slots
        self.context = context
        self.agreement = agreement
        var silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        silent.logLevel = .critical
        self.logger = logger ?? silent
        self.network.setAlias("far", of: "target")
        for target in targets { try await self.startTarget(target) }
        for draft in drafts { try await self.startDraft(draft) }
        try await self.startCoordinator(drafts: drafts)
        await self.coordinator?.ready(within: .seconds(60))
    }

    nonisolated var settings: ServiceSettings { self.settings(advertising: "far") }

    private nonisolated func settings(advertising address: String) -> ServiceSettings {
        ServiceSettings(
            logger: self.logger, advertisedAddress: address, heartbeatMilliseconds: self.heartbeatMilliseconds)
    }

    nonisolated func makeModel() -> SyntheticModel {
        SyntheticModel(language: self.language, slots: self.slots, context: self.context, maxRows: 64)
    }

    private func loop(_ name: String) -> any Loop {
        let loop = self.network.makeLoop(name: name)
        self.loops.append(loop)
        return loop
    }

    /// The bundled target, as it is served exactly.
    nonisolated func makeBundledTarget() throws -> LlamaModel {
        let path = try #require(BundledModels.target)
        return try LlamaModel(
            path: path, slots: self.slots, context: self.context, exactness: .required)
    }

    private func makeTargetEngine(_ address: String) throws -> TargetEngine {
        let loop = self.loop("target model")
        guard self.usesBundledModels else {
            // Touched on its loop alone.
            nonisolated(unsafe) let model = self.makeModel()
            model.passSeconds = self.passSeconds
            self.setPassSeconds.append { seconds in loop.execute { model.passSeconds = seconds } }
            if let brake = self.brakes[address] { return TargetEngine(model: HangingModel(model, brake), loop: loop) }
            if let rounding { return TargetEngine(model: RoundingModel(model, rounding), loop: loop) }
            return TargetEngine(model: model, loop: loop)
        }
        return TargetEngine(model: try self.makeBundledTarget(), loop: loop)
    }

    private func makeDraftEngine() throws -> DraftEngine {
        let loop = self.loop("draft model")
        guard self.usesBundledModels else {
            return DraftEngine(model: self.makeModel().perturbed(seed: 7, agreement: self.agreement), loop: loop)
        }
        let path = try #require(BundledModels.draft)
        return DraftEngine(model: try LlamaModel(path: path, slots: self.slots, context: self.context), loop: loop)
    }

    /// - Parameter coordinators: with which it registers.
    func startTarget(_ address: String = "target", registeringWith coordinators: [String] = []) async throws {
        let service = TargetService(
            engine: try self.makeTargetEngine(address), network: self.network, loop: self.loop("target"),
            settings: self.settings(advertising: address == "target" ? "far" : address), watch: self.watch)
        _ = try await service.start(at: address, registeringWith: coordinators)
        self.targets[address] = service
    }

    /// A pass so long that no text becomes whole in the time that a test takes, on however busy a machine: a text that is
    /// to be under way while something happens is held by it, and let go by `takePasses(of:)`.
    static let hold = 0.25

    /// Passes of all targets that begin from now on take so long.
    func takePasses(of seconds: Double) {
        self.passSeconds = seconds
        for set in self.setPassSeconds { set(seconds) }
    }

    func stopTarget(_ address: String = "target") async {
        await self.targets.removeValue(forKey: address)?.stop()
    }

    /// - Parameter coordinators: with which it registers.
    func startDraft(_ address: String, registeringWith coordinators: [String] = []) async throws {
        let service = DraftService(
            engine: try self.makeDraftEngine(), network: self.network, loop: self.loop("draft"),
            settings: self.settings(advertising: address))
        _ = try await service.start(at: address, registeringWith: coordinators)
        self.drafts[address] = service
    }

    func stopDraft(_ address: String) async {
        await self.drafts.removeValue(forKey: address)?.stop()
    }

    func startCoordinator(drafts: [String]) async throws {
        let service = CoordinatorService(
            targets: self.targetAddresses, drafts: drafts, network: self.network, loop: self.loop("coordinator"),
            settings: self.settings, metrics: self.metrics)
        _ = try await service.start(at: "coordinator")
        self.coordinator = service
    }

    /// Starts one more coordinator; it lives until the cluster stops.
    func addCoordinator(at address: String, targets: [String] = [], resolver: Resolver = .system) async throws {
        var settings = self.settings
        settings.resolver = resolver
        let service = CoordinatorService(
            targets: targets, network: self.network, loop: self.loop("coordinator"), settings: settings)
        _ = try await service.start(at: address)
        self.others.append(service)
    }

    /// Stops the coordinator, as when it is updated, and starts another at the same address.
    func restartCoordinator() async throws {
        await self.coordinator?.stop()
        try await self.startCoordinator(drafts: Array(self.drafts.keys))
    }

    func stop() async {
        for brake in self.brakes.values { brake.goOn() }
        await self.coordinator?.stop()
        for coordinator in self.others { await coordinator.stop() }
        for draft in self.drafts.values { await draft.stop() }
        for target in self.targets.values { await target.stop() }
        for loop in self.loops { loop.stop() }
    }

    nonisolated private func tokens(of prompt: PromptForm, _ model: SyntheticModel) throws -> [Token] {
        switch prompt {
        case .text(let text): try model.tokenize(text)
        case .chat(let turns): try model.tokenize(chat: turns).tokens
        case .tokens(let tokens): tokens
        }
    }

    /// What a target on a model that rounds would write alone.
    nonisolated func exactText(_ request: Request) throws -> [Token] {
        let rounding = self.rounding!
        return try RoundingModel.text(
            request, by: RoundingModel(self.makeModel(), rounding),
            exact: rounding.exact ?? ExactPasses(least: 1, most: 1))
    }

    /// What the target's model would write alone, by calling it directly.
    nonisolated func reference(_ request: Request) throws -> [Token] {
        let model = self.makeModel()
        var tokens = try self.tokens(of: request.prompt, model)
        let promptCount = tokens.count
        let sampler = Sampler(request.sampling)
        let ends = model.vocabulary.endOfGeneration
        var fed = 0
        while tokens.count - promptCount < request.maxTokens, tokens.count < self.context {
            let rows = (fed..<tokens.count).map {
                Row(token: tokens[$0], slot: 0, position: $0, wantsLogits: $0 == tokens.count - 1)
            }
            for begin in stride(from: 0, to: rows.count, by: model.maxRows) {
                try model.decode(Array(rows[begin..<min(begin + model.maxRows, rows.count)]))
            }
            let last = (rows.count - 1) % model.maxRows
            let token = try model.withLogits(ofRow: last) { logits in
                var row = (0..<logits.count).map { logits[$0] }
                if tokens.count < promptCount + request.minTokens { for end in ends { row[Int(end)] = -.infinity } }
                return sampler.choose(from: row.span, position: tokens.count).token
            }
            fed = tokens.count
            tokens.append(token)
            if ends.contains(token), !request.ignoresEnd { break }
        }
        return Array(tokens[promptCount...])
    }
}

/// Runs a test on a cluster, and takes it down whatever happens.
func withCluster(_ cluster: Cluster, _ body: (Cluster, TestClient) async throws -> Void) async throws {
    let client = try await TestClient(network: cluster.network, heartbeat: cluster.heartbeatMilliseconds)
    do {
        try await client.waitUntilUp()
        try await body(cluster, client)
    } catch {
        await client.close()
        await cluster.stop()
        throw error
    }
    await client.close()
    await cluster.stop()
}
