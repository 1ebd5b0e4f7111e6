import ArgumentParser

/// How a service ends that is told to.
package struct GraceOptions: ParsableArguments {
    @Option(
        help: .init(
            "Time that texts have to come to their end once SIGTERM tells this process to stop; Ctrl-C stops at once.",
            valueName: "seconds"))
    package var grace = 20.0

    package init() {}

    package func validate() throws {
        try checkRange(self.grace, "--grace", 0...86_400, "s")
    }

    package var duration: Duration { .seconds(self.grace) }
}
