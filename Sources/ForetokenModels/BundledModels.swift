internal import Foundation

/// The pair of models that comes with the program.
public enum BundledModels {
    /// Path of the target; `nil` where the files were not installed with the program.
    public static var target: String? { self.path(of: "foretoken-reference-target-f16.gguf") }
    /// Path of the draft; `nil` where the files were not installed with the program.
    public static var draft: String? { self.path(of: "foretoken-reference-draft-q8_0.gguf") }

    /// Where the files are looked for: first where a build puts them, then where an installation does.
    static var folders: [URL] {
        let executable = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments.first ?? ""))
            .resolvingSymlinksInPath().deletingLastPathComponent()
        // A test runs from its bundle, or from a tool of the compiler that has loaded it.
        let beside = [executable, Bundle.main.bundleURL] + self.testBundles.map { $0.deletingLastPathComponent() }
        let resources = ["foretoken_ForetokenModels.resources", "foretoken_ForetokenModels.bundle"]
        return beside.flatMap { folder in
            resources.flatMap { name in
                [folder.appending(path: name), folder.appending(path: "\(name)/Contents/Resources")]
            }
        }.map { $0.appending(path: "Models") } + [
            executable.deletingLastPathComponent().appending(path: "share/foretoken/models")
        ]
    }

    private static var testBundles: [URL] {
        let arguments = CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        return (arguments + Bundle.allBundles.map(\.bundleURL)).filter { $0.pathExtension == "xctest" }
    }

    private static func path(of file: String) -> String? {
        self.folders.map { $0.appending(path: file).path }.first { FileManager.default.isReadableFile(atPath: $0) }
    }
}
