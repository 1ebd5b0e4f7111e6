import Foundation

/// Runs libFuzzer on the target that `FORETOKEN_FUZZ_TARGET` names, with libFuzzer's own arguments.
@main enum Fuzzer {
    private static let target = FuzzTarget.named(
        ProcessInfo.processInfo.environment["FORETOKEN_FUZZ_TARGET"] ?? "")

    static func main() {
        guard Self.target != nil else {
            let names = FuzzTarget.all.map(\.name).joined(separator: " ")
            FileHandle.standardError.write(Data("FORETOKEN_FUZZ_TARGET is one of: \(names)\n".utf8))
            exit(2)
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, testOneInput))
    }

    fileprivate static func test(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        let target = self.target!
        do {
            _ = try target.run(Array(UnsafeBufferPointer(start: data, count: count)))
        } catch {
            fatalError("\(target.name): \(error.description)")
        }
        return 0
    }
}

/// libFuzzer's own `main` refers to it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt { Fuzzer.test(data, count) }

/// libFuzzer as a library; it has no header.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
