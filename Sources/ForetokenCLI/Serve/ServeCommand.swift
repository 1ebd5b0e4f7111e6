import ArgumentParser
import CommandSupport

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a target, a draft, a coordinator, or all three.",
        discussion: """
            Each prints one line of JSON on standard output when it is ready, with the address it really listens on \
            (port 0 takes a free one), and ends cleanly at Ctrl-C or SIGTERM.

            By default they listen on the loopback, which only this machine reaches. Give --listen tcp://0.0.0.0:7001 \
            to be reached from others, and --keys, which encrypts and lets nobody in but members of the deployment: \
            `foretoken keygen` makes the keys.

            Every option may also be set in a file (--config) or in the environment; of these, the command line comes \
            first, then the environment, then the file. --check-config tells what comes of it.

            Where the environment variable OTEL_EXPORTER_OTLP_ENDPOINT names a receiver of OpenTelemetry, such as \
            http://127.0.0.1:4318, each sends it a span for each text.

            EXAMPLES, three machines, each with its own key and the list of members in keys/:
              big$    foretoken serve target --model T.gguf --listen tcp://0.0.0.0:7001 --keys keys
              small$  foretoken serve draft --model D.gguf --listen tcp://0.0.0.0:7002 --keys keys
              any$    foretoken serve coordinator --target tcp://big:7001 \\
                          --draft tcp://small:7002 --keys keys
              any$    foretoken generate --connect tcp://127.0.0.1:7000 --keys keys "import Foundation"
            """,
        subcommands: [
            ServeTargetCommand.self, ServeDraftCommand.self, ServeCoordinatorCommand.self, ServeAllCommand.self,
        ])
}
