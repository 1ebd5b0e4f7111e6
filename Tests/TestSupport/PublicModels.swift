internal import Foundation
public import Testing

/// Models that others have made, where `deploy/models/public` puts them; `FORETOKEN_PUBLIC_MODELS` names another
/// folder.
///
/// A suite that needs them says `.enabled(if: PublicModels.areThere, PublicModels.whatIsMissing)`.
public enum PublicModels {
    private static let folder: URL = {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["FORETOKEN_PUBLIC_MODELS"] { return URL(filePath: folder) }
        let cache =
            environment["XDG_CACHE_HOME"].map { URL(filePath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
        return cache.appending(path: "foretoken/models")
    }()

    /// SmolLM2-135M-Instruct, Q4_1: with a chat template.
    public static let smolLM2 = Self.folder.appending(path: "SmolLM2-135M-Instruct.Q4_1.gguf").path
    /// Gemma-3-270m, Q4_K_M: a sliding window, a large vocabulary, and no chat template.
    public static let gemma = Self.folder.appending(path: "gemma-3-270m-q4_k_m.gguf").path

    public static let areThere = [Self.smolLM2, Self.gemma].allSatisfy { FileManager.default.fileExists(atPath: $0) }
    public static let whatIsMissing: Comment =
        "no public models in \(PublicModels.folder.path); deploy/models/public fetches them"
}
