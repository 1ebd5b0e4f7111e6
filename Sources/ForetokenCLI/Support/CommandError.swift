import Foretoken
import ForetokenEngine
import ForetokenGateway
import ForetokenLinks

/// Exit codes, those of sysexits.h where it has one.
enum ExitStatus: Int32 {
    case usage = 64
    case badData = 65
    case missingFile = 66
    case unavailable = 69
    case internalError = 70
    case cannotListen = 73
    case cannotWrite = 74
    case tryAgain = 75
    case protocolMismatch = 76
    case interrupted = 130
}

/// What ends a command, in one line for people.
struct CommandError: Error {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: ForetokenError) {
        self.init(ExitStatus(error.code), error.description)
    }

    /// - Parameter path: of the model.
    init(_ error: ModelError) {
        switch error {
        case .fileMissing: self.init(.missingFile, error.description)
        case .notLoadable, .cannotTokenize, .promptTooLong, .unknownChatTemplate, .notExact:
            self.init(.badData, error.description)
        case .noDevice: self.init(.usage, error.description)
        case .notWritable: self.init(.cannotWrite, error.description)
        case .noRoom: self.init(.usage, "\(error); ask for fewer --slots or a smaller --context")
        case .wrongLibrary, .invalidRows, .cannotRollBack, .decodeFailed:
            self.init(.internalError, error.description)
        }
    }

    init(_ error: WideningError) {
        switch error {
        case .tooNarrow, .notWholeHeads, .notWholeGroups, .tooFewLayers, .feedForwardTooNarrow, .tooLarge,
            .notWholeBlocks:
            self.init(.usage, error.description)
        case .notLlama, .unusualShape, .missingTensor, .unknownTensor, .tensorType:
            self.init(.badData, error.description)
        case .file(let error): self.init(error)
        }
    }

    init(_ error: GatewayError) {
        self.init(.cannotListen, error.description)
    }

    init(_ error: LinkError) {
        switch error {
        case .badAddress, .notHere: self.init(.usage, error.description)
        case .addressInUse, .failed: self.init(.cannotListen, error.description)
        }
    }
}

extension ExitStatus {
    init(_ code: ForetokenError.Code) {
        switch code {
        case .invalidArgument, .outOfRange: self = .badData
        case .unavailable, .permissionDenied, .notFound: self = .unavailable
        case .resourceExhausted, .deadlineExceeded, .aborted: self = .tryAgain
        case .failedPrecondition, .unimplemented, .unauthenticated: self = .protocolMismatch
        case .cancelled: self = .interrupted
        case .unknown, .alreadyExists, .internalError, .dataLoss: self = .internalError
        }
    }
}
