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
            to be reached from others, on networks you trust only: nothing is encrypted, and nobody is asked for a \
            password yet.

            EXAMPLES, three machines:
              big$    foretoken serve target --model T.gguf --listen tcp://0.0.0.0:7001
              small$  foretoken serve draft --model D.gguf --listen tcp://0.0.0.0:7002
              any$    foretoken serve coordinator --target tcp://big:7001 \\
                          --draft tcp://small:7002
              any$    foretoken generate --connect tcp://127.0.0.1:7000 "import Foundation"
            """,
        subcommands: [
            ServeTargetCommand.self, ServeDraftCommand.self, ServeCoordinatorCommand.self, ServeAllCommand.self,
        ])
}
