// swift-tools-version: 6.2
import PackageDescription

/// Whether `deploy/fuzz` builds: our own code, and that of no dependency, is made to tell libFuzzer where it goes, and is
/// watched by the address sanitizer.
let isFuzzing = Context.environment["FORETOKEN_FUZZ"] != nil
let sanitizers = "-sanitize=address,fuzzer"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (isFuzzing ? [.unsafeFlags([sanitizers])] : [])
let cSettings: [CSetting] =
    isFuzzing
    ? [.unsafeFlags(["-fsanitize=address,fuzzer-no-link,undefined", "-fsanitize-trap=undefined"])] : []

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let orderedCollections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let lifecycleSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

// A floor imports only lower ones; deploy/check-imports holds the sources to this table.
let package = Package(
    name: "foretoken",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "foretoken", targets: ["ForetokenCLI"]),
        .executable(name: "foretoken-bench", targets: ["BenchCLI"]),
        .library(name: "Foretoken", targets: ["Foretoken"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.34.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // Floor 0: C libraries and generated code.
        .systemLibrary(name: "CLlama", pkgConfig: "llama", providers: [.brew(["llama.cpp"])]),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"]), .brew(["zeromq"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
        .target(name: "CForetokenProtos", dependencies: ["CProtobufC"], cSettings: cSettings),
        // What `foretoken-bench protocol` compares with.
        .target(name: "CPingPong", dependencies: ["CZeroMQ"]),
        // Linked, and never called: it runs before the program does.
        .target(name: "CBoundedSpin"),

        // Floor 1: the pure heart, and one door to each C library.
        .target(name: "Speculation", swiftSettings: settings),
        .target(name: "Executors", swiftSettings: settings),
        .target(name: "Llama", dependencies: ["CLlama"], swiftSettings: settings),
        .target(name: "ZeroMQ", dependencies: ["CZeroMQ", "Executors"], swiftSettings: settings),
        .target(name: "Plots", swiftSettings: settings),
        // A backend of swift-metrics: values in, Prometheus's text out.
        .target(name: "ForetokenMetrics", dependencies: [metrics, orderedCollections], swiftSettings: settings),
        .target(name: "ForetokenModels", resources: [.copy("Models")], swiftSettings: settings),

        // Floor 2: models with slots, messages, links.
        .target(
            name: "ForetokenWire", dependencies: ["CForetokenProtos", "CProtobufC", "Speculation"],
            swiftSettings: settings),
        .target(
            name: "ForetokenLinks", dependencies: ["Executors", "ForetokenWire", "ZeroMQ"], swiftSettings: settings),
        .target(
            name: "ForetokenEngine", dependencies: ["Executors", "Llama", "Speculation"], swiftSettings: settings),

        // A backend of swift-distributed-tracing: spans in, OpenTelemetry's protocol out.
        .target(
            name: "ForetokenTraces",
            dependencies: ["ForetokenWire", logging, metrics, nioCore, nioHTTP1, nioPosix, tracing],
            swiftSettings: settings),

        // Floor 3: what each service decides, as values.
        .target(
            name: "Roles", dependencies: ["ForetokenWire", "Speculation", deque, orderedCollections],
            swiftSettings: settings),

        // Floor 4: the services, which carry it out.
        .target(
            name: "ForetokenServices",
            dependencies: [
                "Executors", "ForetokenEngine", "ForetokenLinks", "ForetokenMetrics", "ForetokenWire", "Roles",
                "Speculation", logging, metrics, orderedCollections, tracing,
            ],
            swiftSettings: settings),

        // Distance, for measurements and tests.
        .target(
            name: "LinkEmulator", dependencies: ["ForetokenLinks", "Speculation", deque, nioCore, nioPosix],
            swiftSettings: settings),

        // Floor 5: the client SDK, and what measurements mean.
        .target(
            name: "Foretoken",
            dependencies: ["Executors", "ForetokenLinks", "ForetokenWire", "Speculation", logging, tracing],
            swiftSettings: settings),
        // What is measured of texts, loads and machines, what it means, and how it is told.
        .target(
            name: "Measurement", dependencies: ["Executors", "Plots", "Speculation", histogram],
            swiftSettings: settings),
        // Recorded texts and whole fleets on a virtual clock.
        .target(
            name: "Simulation",
            dependencies: ["ForetokenWire", "Measurement", "Roles", "Speculation", deque, heap],
            swiftSettings: settings),
        // Larger models that write the same text, to measure with.
        .target(
            name: "Widening", dependencies: ["ForetokenEngine", "Llama"], swiftSettings: settings),
        // A client of any server that speaks OpenAI's protocol.
        .target(name: "OpenAIClient", dependencies: [nioCore, nioHTTP1, nioPosix], swiftSettings: settings),

        // The SDK over HTTP, as OpenAI's clients speak it. The only door to Hummingbird.
        .target(
            name: "ForetokenGateway",
            dependencies: [
                "Foretoken", "Speculation", httpTypes, hummingbird, hummingbirdCore, lifecycle, logging, nioCore,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix,
            ],
            resources: [.embedInCode("Page/page.html")],
            swiftSettings: settings),

        // Floor 6: the two programs, and what both need.
        .target(
            name: "CommandSupport",
            dependencies: [
                "Executors", "Foretoken", "ForetokenEngine", "ForetokenLinks", "ForetokenModels", "ForetokenServices",
                "ForetokenTraces", "ForetokenWire", "Llama", "Measurement", "Speculation", argumentParser, lifecycle,
                lifecycleSignals, logging, tracing, yams,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "ForetokenCLI",
            dependencies: [
                "CBoundedSpin", "CommandSupport", "Executors", "Foretoken", "ForetokenEngine", "ForetokenGateway",
                "ForetokenLinks", "ForetokenMetrics", "ForetokenServices", "ForetokenWire", "Measurement",
                "OpenAIClient",
                "Speculation", argumentParser, lifecycleSignals, logging, metrics,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "BenchCLI",
            dependencies: [
                "CBoundedSpin", "CPingPong", "CommandSupport", "Executors", "Foretoken", "ForetokenEngine",
                "ForetokenLinks", "ForetokenModels", "ForetokenServices", "ForetokenWire", "LinkEmulator",
                "Measurement", "OpenAIClient", "Roles", "Simulation", "Speculation", "Widening", argumentParser,
                lifecycleSignals, logging,
            ],
            swiftSettings: settings),

        .target(
            name: "TestSupport", dependencies: ["Executors", "Foretoken", "Measurement"], path: "Tests/TestSupport",
            swiftSettings: settings),
        // Links within the process, with faults.
        .target(
            name: "InProcess", dependencies: ["Executors", "ForetokenLinks", "ForetokenWire", "Speculation"],
            path: "Tests/InProcess", swiftSettings: settings),
        .testTarget(
            name: "SpeculationTests", dependencies: ["Roles", "Speculation", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RolesTests",
            dependencies: ["ForetokenWire", "Roles", "Speculation", "TestSupport", deque, orderedCollections],
            swiftSettings: settings),
        .testTarget(name: "PlotsTests", dependencies: ["Plots", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ForetokenMetricsTests", dependencies: ["TestSupport", "ForetokenMetrics", metrics],
            swiftSettings: settings),
        .testTarget(
            name: "ForetokenTracesTests",
            dependencies: [
                "TestSupport", "ForetokenTraces", "ForetokenWire", logging, nioCore, nioHTTP1, nioPosix, tracing,
            ],
            swiftSettings: settings),
        .testTarget(name: "ExecutorsTests", dependencies: ["Executors", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ZeroMQTests", dependencies: ["TestSupport", "CZeroMQ", "ZeroMQ", "Executors"],
            swiftSettings: settings),
        .testTarget(
            name: "ForetokenWireTests", dependencies: ["TestSupport", "ForetokenWire", "Speculation"],
            swiftSettings: settings),
        .testTarget(
            name: "ForetokenLinksTests",
            dependencies: ["TestSupport", "InProcess", "ForetokenLinks", "ForetokenWire", "Executors", "ZeroMQ"],
            swiftSettings: settings),
        .testTarget(
            name: "LinkEmulatorTests",
            dependencies: ["TestSupport", "ForetokenLinks", "LinkEmulator", nioCore, nioPosix],
            swiftSettings: settings),
        .testTarget(
            name: "SimulationTests", dependencies: ["TestSupport", "Simulation", "Speculation"], swiftSettings: settings
        ),
        .testTarget(
            name: "MeasurementTests", dependencies: ["TestSupport", "Measurement", "Speculation"],
            swiftSettings: settings),
        .testTarget(
            name: "OpenAIClientTests",
            dependencies: ["TestSupport", "OpenAIClient"], swiftSettings: settings),
        .testTarget(
            name: "ForetokenEngineTests",
            dependencies: [
                "TestSupport", "Executors", "ForetokenEngine", "ForetokenModels", "Llama", "Speculation", "Widening",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ForetokenServicesTests",
            dependencies: [
                "TestSupport", "InProcess",
                "Executors", "ForetokenServices", "Foretoken", "ForetokenEngine", "ForetokenLinks", "ForetokenMetrics",
                "ForetokenModels", "ForetokenWire", "Measurement", "Roles", "Speculation", logging, metrics,
                orderedCollections,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ForetokenGatewayTests",
            dependencies: [
                "TestSupport", "InProcess",
                "Executors", "Foretoken", "ForetokenEngine", "ForetokenGateway", "ForetokenLinks", "ForetokenServices",
                "Measurement", "Speculation",
                lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ProcessTests",
            dependencies: [
                "TestSupport",
                "BenchCLI", "CommandSupport", "Executors", "Foretoken", "ForetokenCLI", "ForetokenLinks",
                "ForetokenModels", "ForetokenWire", "LinkEmulator", "Llama", "Measurement", "OpenAIClient",
                "Simulation",
                "Speculation", "ZeroMQ",
                argumentParser, logging, nioCore, nioPosix,
            ],
            swiftSettings: settings),
    ]
)

// What the fuzz tests try is tried by libFuzzer too, in a program of its own.
let fuzzed: [Target.Dependency] = [
    "CommandSupport", "Foretoken", "ForetokenGateway", "ForetokenLinks", "ForetokenServices", "ForetokenWire",
    "OpenAIClient", "Roles", "Simulation", "Speculation", "ZeroMQ", httpTypes, hummingbird, nioCore, nioEmbedded,
    nioHTTP1, orderedCollections,
]
package.targets.append(
    isFuzzing
        ? .executableTarget(
            name: "Fuzzer", dependencies: fuzzed, path: "Tests/FuzzTests",
            exclude: ["Corpus", "Corpus.swift", "CorpusTests.swift", "Mutation.swift", "words.dict"],
            sources: ["Targets", "LibFuzzer"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags([sanitizers, "-use-ld=lld"])])
        : .testTarget(
            name: "FuzzTests", dependencies: fuzzed + ["TestSupport"], exclude: ["LibFuzzer", "words.dict"],
            resources: [.copy("Corpus")], swiftSettings: settings))
