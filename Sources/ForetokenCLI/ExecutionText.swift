import CommandSupport
import Foretoken

/// With what a member computes its model, in a line for people.
struct ExecutionText {
    let text: String

    init(_ execution: Deployment.Execution) {
        var parts: [String] = []
        if execution.threads > 0 {
            let cores = execution.cores > 0 ? " on \(Self.cores(execution.cores))" : ""
            parts.append("computes with \(count(execution.threads, "thread"))\(cores)")
        }
        if execution.rpcServers > 0 {
            parts.append("layers on \(count(execution.rpcServers, "RPC server"))")
        } else if execution.usesDevice {
            parts.append("layers on a device")
        }
        if !execution.weightType.isEmpty { parts.append("weights \(execution.weightType)") }
        if let share = execution.largePageShare { parts.append("\((share * 100).text(0)) % of them in large pages") }
        if !execution.canRollBack { parts.append("cannot take tokens back, so nothing is drafted") }
        self.text = parts.isEmpty ? "tells nothing of its machine" : parts.joined(separator: ", ")
    }

    /// Such as `1 core` or `1.5 cores`.
    static func cores(_ cores: Double) -> String {
        let text = (cores * 100).rounded() / 100
        return "\(text.plainText) \(text == 1 ? "core" : "cores")"
    }
}
