// swift-tools-version: 6.1
import PackageDescription

// A program of its own that depends on Foretoken by path; with a URL in place of the path it can live anywhere.
let package = Package(
    name: "first-program",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "foretoken", path: "../..")
    ],
    targets: [
        .executableTarget(name: "FirstProgram", dependencies: [.product(name: "Foretoken", package: "foretoken")])
    ]
)
