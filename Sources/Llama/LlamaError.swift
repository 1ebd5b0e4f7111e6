/// What libllama refused, before it is put in the words of a service.
public enum LlamaError: Error, Equatable, Sendable {
    case fileMissing(String)
    case notLoadable(String, reason: String)
    case wrongLibrary(found: String, wanted: String)
    /// Layers were to be offloaded, but there is no device to offload to: of none of the kinds that this libllama was built
    /// for.
    case noDevice(builtFor: [String])
    /// More devices are spoken of than there are, which are these.
    case tooFewDevices([String], wanted: Int)
    /// Layers were to lie on servers, but this libllama was built without llama.cpp's RPC.
    case noRPC
    /// A server for layers, by its address, does not answer as one.
    case noServer(String, reason: String)
    case noContext(reason: String)
    case textTooLong
    /// A zero byte would end the text in C.
    case zeroByte
    /// The library renders some kinds of chat templates only, and not this one.
    case unknownChatTemplate
    case notWritable(String, reason: String)
}
