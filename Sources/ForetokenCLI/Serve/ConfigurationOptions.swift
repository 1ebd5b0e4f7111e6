import ArgumentParser
import CommandSupport

/// A file that has the other options.
///
/// It is read before the command is parsed: what it says comes as arguments, and nothing here is looked at again.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: .init(
            """
            YAML file with options as they are called here, without dashes (slots: 8): at its top level for every service, \
            or below target:, draft:, coordinator: or all:. The command line comes first, then the environment \
            (FORETOKEN_SLOTS), the service's section, and the top level. SIGHUP reads the file again. \
            (default: what FORETOKEN_CONFIG says; else none)
            """, valueName: "file"))
    var config: String?

    @Flag(help: "Say what every option would be and where that is set, or all that is wrong, and end: nothing starts.")
    var checkConfig = false
}
