import TestSupport
import Testing

@testable import ForetokenTraces

/// OpenTelemetry's environment, as its specification has it.
@Suite struct TraceSettingsTests {
    private static let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
    private static let own = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"

    @Test func endpointsAreReadAsTheSpecificationHasThem() throws {
        for (environment, host, port, path) in [
            ([Self.endpoint: "http://collector:4318"], "collector", 4318, "/v1/traces"),
            ([Self.endpoint: "http://collector:4318/"], "collector", 4318, "/v1/traces"),
            ([Self.endpoint: "http://collector/base/"], "collector", 80, "/base/v1/traces"),
            ([Self.endpoint: "http://[::1]:9"], "::1", 9, "/v1/traces"),
            ([Self.endpoint: "http://a:1", Self.own: "http://b:2/as/it/is"], "b", 2, "/as/it/is"),
            ([Self.own: "http://b:2"], "b", 2, "/"),
        ] {
            let settings = try #require(try TraceSettings(environment, service: "s"))
            #expect(settings.host == host && settings.port == port && settings.path == path, "\(environment)")
        }
    }

    @Test func nothingIsRecordedWhereNoneIsNamedOrItIsOff() throws {
        for more in [
            [:], [Self.endpoint: ""], [Self.endpoint: "http://a:1", "OTEL_SDK_DISABLED": "true"],
            [Self.endpoint: "http://a:1", "OTEL_TRACES_EXPORTER": "none"],
        ] {
            #expect(try TraceSettings(more, service: "s") == nil, "\(more)")
        }
    }

    @Test func namesHeadersAndTimesAreTaken() throws {
        let settings = try #require(
            try TraceSettings(
                [
                    Self.endpoint: "http://a:1", "OTEL_SERVICE_NAME": "mine",
                    "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment.name=a%20b",
                    "OTEL_EXPORTER_OTLP_HEADERS": "api-key = secret,x=1=2", "OTEL_EXPORTER_OTLP_TIMEOUT": "1500",
                    "OTEL_BSP_SCHEDULE_DELAY": "20",
                ], service: "s"))
        #expect(settings.resource == ["service.name": "mine", "deployment.environment.name": "a b"])
        #expect(settings.headers == ["api-key": "secret", "x": "1=2"])
        #expect(settings.timeout == .milliseconds(1500) && settings.interval == .milliseconds(20))
        #expect(try TraceSettings([Self.endpoint: "http://a:1"], service: "s")?.resource == ["service.name": "s"])
    }

    @Test func whatCannotBeReadIsNamed() {
        for (name, value) in [
            (Self.endpoint, "https://a:1"), (Self.endpoint, "a:1"), (Self.endpoint, "http://"),
            (Self.endpoint, "http://a:1?b=c"), ("OTEL_EXPORTER_OTLP_HEADERS", "key"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "key=a%0d%0ab"), ("OTEL_RESOURCE_ATTRIBUTES", "=1"),
            (Self.endpoint, "http://me:secret@a:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"), ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ] {
            var environment = [Self.endpoint: "http://a:1"]
            environment[name] = value
            let error = #expect(throws: TraceSettings.Malformed.self) {
                try TraceSettings(environment, service: "s")
            }
            #expect(error?.description.contains(name) == true, "\(name)=\(value)")
        }
    }
}
