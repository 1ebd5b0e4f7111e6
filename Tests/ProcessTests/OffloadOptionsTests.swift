import ArgumentParser
import CommandSupport
import Foundation
import Llama
import TestSupport
import Testing

@testable import ForetokenCLI

/// What is typed, and where the layers lie then.
@Suite struct OffloadOptionsTests {
    static let offloads: [(typed: String, offload: Offload)] = [
        ("", Offload()),
        ("--gpu-layers all", Offload(layers: -1)),
        ("--gpu-layers 12", Offload(layers: 12)),
        ("--gpu-layers 0", Offload()),
        // Whoever speaks of devices wants layers there.
        ("--tensor-split 3,1", Offload(layers: -1, tensorSplit: [3, 1])),
        ("--tensor-split 0.5/0/1.5 --gpu-layers 8", Offload(layers: 8, tensorSplit: [0.5, 0, 1.5])),
        ("--split-mode row", Offload(layers: -1, splitMode: .row)),
        ("--split-mode none --main-gpu 1", Offload(layers: -1, splitMode: .none, mainGPU: 1)),
        ("--rpc 10.0.0.2:50052", Offload(layers: -1, servers: [RPCServer("10.0.0.2:50052")!])),
        (
            "--rpc a:1,b.example:2 --rpc c-3:65535 --gpu-layers 4",
            Offload(layers: 4, servers: [RPCServer("a:1")!, RPCServer("b.example:2")!, RPCServer("c-3:65535")!])
        ),
    ]

    @Test(arguments: 0..<Self.offloads.count) func whatIsTypedIsMeant(_ index: Int) throws {
        let (typed, offload) = Self.offloads[index]
        let words = typed.split(separator: " ").map(String.init)
        let target = try #require(try ServeTargetCommand.parseAsRoot(words) as? ServeTargetCommand)
        #expect(target.devices.offload == offload)
        // Whatever loads a target takes the same.
        let all = try #require(try ServeAllCommand.parseAsRoot(words) as? ServeAllCommand)
        #expect(all.pair.target(slots: 1).offload == offload)
        #expect(all.pair.draft(slots: 1).offload == Offload())
    }

    /// Until it is measured on a device, attention is fused on the processor alone, and there for several slots.
    @Test func attentionIsFusedAsAskedFor() throws {
        func fuses(_ typed: String, slots: Int) throws -> Bool {
            let words = typed.split(separator: " ").map(String.init)
            let all = try #require(try ServeAllCommand.parseAsRoot(words) as? ServeAllCommand)
            let target = all.pair.target(slots: slots)
            return target.flashAttention.fuses(slots: target.slots, onDevices: target.offload.usesDevices)
        }
        #expect(try [1, 8].map { try fuses("", slots: $0) } == [false, true])
        #expect(try [1, 8].map { try fuses("--gpu-layers all", slots: $0) } == [false, false])
        #expect(try [1, 8].map { try fuses("--gpu-layers all --flash-attn on", slots: $0) } == [true, true])
        #expect(try [1, 8].map { try fuses("--flash-attn off", slots: $0) } == [false, false])
    }

    /// In a file and in the environment they are what they are on a command line.
    @Test func theyMayStandInAFileAndInTheEnvironment() throws {
        let services = try ConfigurableServices([ServeTargetCommand.self, ServeAllCommand.self])
        func target(_ text: String, _ environment: [String: String] = [:]) throws -> Offload {
            let file = try TemporaryFile(Data(text.utf8))
            let configuration = try Configuration(
                "target", among: services, commandLine: [],
                environment: environment.merging(["FORETOKEN_CONFIG": file.path]) { $1 })
            return try #require(
                try ServeTargetCommand.parseAsRoot(configuration.arguments) as? ServeTargetCommand
            ).devices.offload
        }
        let servers = [RPCServer("10.0.0.2:50052")!, RPCServer("10.0.0.3:50052")!]
        let split = Offload(layers: -1, tensorSplit: [2, 2, 1], servers: servers)
        #expect(try target("target:\n  rpc: [10.0.0.2:50052, 10.0.0.3:50052]\n  tensor-split: 2,2,1\n") == split)
        #expect(try target("rpc:\n  - 10.0.0.2:50052\n  - 10.0.0.3:50052\ntensor-split: \"2,2,1\"\n") == split)
        let environment = ["FORETOKEN_RPC": "10.0.0.2:50052,10.0.0.3:50052", "FORETOKEN_TENSOR_SPLIT": "2,2,1"]
        #expect(try target("", environment) == split)
        #expect(try target("rpc: [nobody:1]\n", environment) == split, "a list takes the place of the one below")
        let one = ["FORETOKEN_GPU_LAYERS": "all", "FORETOKEN_SPLIT_MODE": "none", "FORETOKEN_MAIN_GPU": "1"]
        #expect(try target("gpu-layers: 3", one) == Offload(layers: -1, splitMode: .none, mainGPU: 1))

        func faults(_ text: String) throws -> String {
            let error = #expect(throws: ConfigurationFaults.self) { _ = try target(text) }
            return error?.faults.map(\.description).joined(separator: "\n") ?? ""
        }
        #expect(try faults("slots: 2\nrpc: [10.0.0.2:50052, nobody]\n").contains(":2: rpc: "))
        #expect(try faults("rpc: [10.0.0.2:50052]\ngpu-layers: 0\n").contains("--gpu-layers 0 keeps no layer there"))
        #expect(try faults("slots: 2\ntensor-split: 3,x\n").contains(":2: tensor-split: "))
    }

    @Test(arguments: [
        ("--tensor-split 0,0", "are no shares"), ("--tensor-split 1,", "are no shares"),
        ("--tensor-split=-1,2", "are no shares"), ("--tensor-split nan", "are no shares"),
        ("--tensor-split inf,1", "are no shares"), ("--split-mode tensor", "--split-mode"),
        ("--main-gpu=-1", "not from 0"), ("--rpc host", "write host:port"), ("--rpc host:0", "write host:port"),
        ("--rpc host:65536", "write host:port"), ("--rpc tcp://host:1", "write host:port"),
        ("--rpc [::1]:50052", "write host:port"), ("--rpc a:1,", "write host:port"), ("--rpc a:1,a:1", "a:1 twice"),
        ("--rpc a:1 --rpc b:1 --rpc a:1", "a:1 twice"),
        ("--gpu-layers 0 --rpc a:1", "--rpc is about devices"),
        ("--gpu-layers 0 --tensor-split 1", "--tensor-split is about devices"),
    ]) func whatMakesNoSenseIsNamed(_ typed: String, _ words: String) {
        let error = #expect(throws: (any Error).self) {
            _ = try ServeTargetCommand.parseAsRoot(typed.split(separator: " ").map(String.init))
        }
        guard let error else { return }
        #expect(ServeTargetCommand.message(for: error).contains(words), "\(ServeTargetCommand.message(for: error))")
    }
}
