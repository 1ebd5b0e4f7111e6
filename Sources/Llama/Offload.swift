internal import CLlama

/// Where the layers of a model are computed: all on the processor, or some of them on devices, which are this machine's
/// GPUs and those of servers on other machines.
///
/// Devices are counted as the library does: those of the servers first, as they are listed, then this machine's own.
public struct Offload: Equatable, Sendable {
    /// How several devices share a model.
    public enum SplitMode: String, CaseIterable, Sendable {
        /// One device takes all of it.
        case none
        /// Each takes whole layers, with their part of the KV memory.
        case layer
        /// Own GPUs also share the rows of large matrices, where their backend can.
        case row

        var value: llama_split_mode {
            switch self {
            case .none: LLAMA_SPLIT_MODE_NONE
            case .layer: LLAMA_SPLIT_MODE_LAYER
            case .row: LLAMA_SPLIT_MODE_ROW
            }
        }
    }

    /// How many of the last layers devices take; a negative number means all, and 0 the processor alone.
    public var layers: Int
    /// What share of these layers each device takes; by free memory where it is empty.
    public var tensorSplit: [Float]
    public var splitMode: SplitMode
    /// The device that takes all of it where none is shared; among rows, what is not worth sharing.
    public var mainGPU: Int
    public var servers: [RPCServer]

    public init(
        layers: Int = 0, tensorSplit: [Float] = [], splitMode: SplitMode = .layer, mainGPU: Int = 0,
        servers: [RPCServer] = []
    ) {
        self.layers = layers
        self.tensorSplit = tensorSplit
        self.splitMode = splitMode
        self.mainGPU = mainGPU
        self.servers = servers
    }

    public var usesDevices: Bool { self.layers != 0 }

    /// Makes the servers known to the library, and looks whether there are as many devices as are spoken of.
    ///
    /// - Throws: `LlamaError.noRPC`, `.noServer`, `.noDevice` or `.tooFewDevices`.
    func prepare() throws(LlamaError) {
        guard self.usesDevices else { return }
        try RPCServer.use(self.servers)
        let devices = Self.devices
        if devices.isEmpty { throw .noDevice(builtFor: Self.kinds) }
        let wanted = max(self.tensorSplit.count, self.mainGPU + 1)
        if wanted > devices.count { throw .tooFewDevices(devices, wanted: wanted) }
    }

    /// Kinds of devices that the library was built for, whether there are any: CUDA, Metal, Vulkan and the like.
    private static var kinds: [String] {
        (0..<ggml_backend_reg_count()).compactMap { ggml_backend_reg_get($0) }
            .map { String(cString: ggml_backend_reg_name($0)) }
            .filter { !["CPU", "BLAS", "RPC"].contains($0) }
    }

    /// Names of the devices that can take layers: GPUs; those that share the processor's memory where there is no other.
    private static var devices: [String] {
        let all = (0..<ggml_backend_dev_count()).compactMap { ggml_backend_dev_get($0) }
        func names(_ type: ggml_backend_dev_type) -> [String] {
            all.filter { ggml_backend_dev_type($0) == type }.map {
                "\(String(cString: ggml_backend_dev_name($0))) (\(String(cString: ggml_backend_dev_description($0))))"
            }
        }
        let gpus = names(GGML_BACKEND_DEVICE_TYPE_GPU)
        return gpus.isEmpty ? names(GGML_BACKEND_DEVICE_TYPE_IGPU) : gpus
    }

    /// Lends the parameters with which a model is loaded so.
    func complete<Result>(_ parameters: llama_model_params, _ body: (llama_model_params) -> Result) -> Result {
        var parameters = parameters
        parameters.n_gpu_layers = Int32(clamping: self.layers)
        parameters.split_mode = self.splitMode.value
        parameters.main_gpu = Int32(clamping: self.mainGPU)
        var shares = self.tensorSplit
        while shares.count < llama_max_devices() { shares.append(0) }
        var noDevice: [ggml_backend_dev_t?] = [nil]
        return shares.withUnsafeBufferPointer { shares in
            noDevice.withUnsafeMutableBufferPointer { noDevice in
                if !self.tensorSplit.isEmpty { parameters.tensor_split = shares.baseAddress }
                // Servers are another model's in this process: without layers there, it is not to be in touch with them.
                if !self.usesDevices, RPCServer.areInUse { parameters.devices = noDevice.baseAddress }
                return body(parameters)
            }
        }
    }
}
