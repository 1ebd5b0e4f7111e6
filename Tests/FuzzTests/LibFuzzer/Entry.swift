import Foundation

/// The target that this process runs, by the name in `FORETOKEN_FUZZ_TARGET`.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FORETOKEN_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.named(name) else {
        let names = FuzzTarget.all.map(\.name).joined(separator: " ")
        FileHandle.standardError.write(Data("FORETOKEN_FUZZ_TARGET is one of: \(names)\n".utf8))
        exit(2)
    }
    return target
}()

/// What libFuzzer calls with every input. Inputs that are refused are kept too: they show the ways of refusing.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    do {
        _ = try target.run(bytes)
    } catch {
        fatalError("\(target.name): \(error.description)")
    }
    return 0
}
