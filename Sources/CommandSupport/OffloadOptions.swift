public import ArgumentParser
public import Llama

/// Which layers of the target devices take: this machine's GPUs, and those of other machines.
package struct OffloadOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: .init(
            """
            Layers to keep on devices (GPUs where libllama knows one, and servers of --rpc), the last ones of the model; \
            all, or -1: all of them. (default: 0; all where another of these options is given)
            """, valueName: "n"),
        transform: NumberOption.layers)
    package var gpuLayers: Int?

    @Option(
        help: .init(
            """
            What share of these layers each device takes, as 3,1: servers of --rpc first, as they are listed, then this \
            machine's GPUs. (default: by free memory)
            """, valueName: "shares"),
        transform: Self.shares)
    package var tensorSplit: Shares?

    @Option(
        help: .init(
            """
            How devices share the model: layer, whole layers each; row, own GPUs also the rows of large matrices; none, \
            one device takes all. (default: layer)
            """, valueName: "mode"))
    package var splitMode: Offload.SplitMode?

    @Option(
        help: .init("The device that takes all with --split-mode none, counted from 0. (default: 0)", valueName: "n"))
    package var mainGpu: Int?

    @Option(
        help: .init(
            """
            A ggml-rpc-server, llama.cpp's, whose devices take layers too; repeatable, or several with commas. It serves \
            one target at a time, and what goes there is neither encrypted nor authenticated: a tunnel or a network of \
            its own has to protect it. A target that loses one ends, and its texts go on at another target.
            """, valueName: "host:port"))
    package var rpc: [String] = []

    /// To measure with; `auto` is what is known to be best, and on devices nothing is known.
    @Option(
        help: .init(
            """
            Whether the target's attention is one fused operation; auto: with several slots where no layer is on a \
            device. With on, a lone slot is exact only with --exact; exact passes never fuse.
            """, valueName: "mode", visibility: .hidden))
    package var flashAttn = FlashAttention.auto

    package init() {}

    /// - Throws: `ValidationError` for options that contradict each other, too.
    package func validate() throws {
        if let mainGpu, !(0..<Int(Int32.max)).contains(mainGpu) {
            throw ValidationError("--main-gpu \(mainGpu) is not from 0 to \(Int32.max - 1)")
        }
        let servers = try self.servers()
        if let twice = servers.first(where: { server in servers.count { $0 == server } > 1 }) {
            throw ValidationError("--rpc names \(twice) twice; a server takes its share once")
        }
        guard self.gpuLayers == 0 else { return }
        let given = [
            ("--tensor-split", self.tensorSplit != nil), ("--split-mode", self.splitMode != nil),
            ("--main-gpu", self.mainGpu != nil), ("--rpc", !servers.isEmpty),
        ].first { $0.1 }
        if let given { throw ValidationError("\(given.0) is about devices, but --gpu-layers 0 keeps no layer there") }
    }

    private func servers() throws -> [RPCServer] {
        try self.rpc.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { text in
            guard let server = RPCServer(String(text)) else {
                throw ValidationError(
                    "--rpc \(text): write host:port, with a name or an address of version 4, as 10.0.0.2:50052")
            }
            return server
        }
    }

    package var offload: Offload {
        let servers = (try? self.servers()) ?? []
        let speaksOfDevices =
            self.tensorSplit != nil || self.splitMode != nil || self.mainGpu != nil || !servers.isEmpty
        return Offload(
            layers: self.gpuLayers ?? (speaksOfDevices ? -1 : 0), tensorSplit: self.tensorSplit?.values ?? [],
            splitMode: self.splitMode ?? .layer, mainGPU: self.mainGpu ?? 0, servers: servers)
    }

    /// Shares of devices, in their order.
    package struct Shares: Equatable, Sendable {
        package var values: [Float]
    }

    private static func shares(_ text: String) throws -> Shares {
        let values = text.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "/" }.map { Float($0) }
        guard values.allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? false }), values.contains(where: { $0! > 0 })
        else {
            throw ValidationError("\"\(text)\" are no shares: write a number for each device, as 3,1")
        }
        return Shares(values: values.map { $0! })
    }
}

extension Offload.SplitMode: ExpressibleByArgument {}

/// Whether attention is computed in one fused operation, in llama.cpp's words.
package enum FlashAttention: String, CaseIterable, ExpressibleByArgument, Sendable {
    case on, off, auto

    /// On a CPU it is cheaper from two texts side by side on, and dearer for a long one alone.
    package func fuses(slots: Int, onDevices: Bool) -> Bool {
        switch self {
        case .on: true
        case .off: false
        case .auto: slots > 1 && !onDevices
        }
    }
}
