package import Foretoken
package import ForetokenEngine
package import ForetokenLinks
package import ForetokenServices

/// Exit codes, those of sysexits.h where it has one.
package enum ExitStatus: Int32 {
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
package struct CommandError: Error {
    package var status: ExitStatus
    package var message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package init(_ error: ForetokenError) {
        self.init(ExitStatus(error.code), error.description)
    }

    /// - Parameter path: of the model.
    package init(_ error: ModelError) {
        switch error {
        case .fileMissing: self.init(.missingFile, error.description)
        case .notLoadable, .cannotTokenize, .promptTooLong, .unknownChatTemplate, .notExact:
            self.init(.badData, error.description)
        case .noDevice, .tooFewDevices, .noRPC: self.init(.usage, error.description)
        case .noServer: self.init(.unavailable, error.description)
        case .notWritable: self.init(.cannotWrite, error.description)
        case .noRoom: self.init(.usage, "\(error); ask for fewer --slots or a smaller --context")
        case .wrongLibrary, .invalidRows, .cannotRollBack, .decodeFailed:
            self.init(.internalError, error.description)
        }
    }

    package init(_ failure: TargetFailure) {
        self.init(.unavailable, "\(failure); this process ends, so that its service manager can start it again")
    }

    package init(_ error: KeysError) {
        switch error.fault {
        case .notThere, .noKey: self.init(.missingFile, error.description)
        case .unwritable, .inUse: self.init(.cannotWrite, error.description)
        case .cannotEncrypt: self.init(.internalError, error.description)
        default: self.init(.badData, error.description)
        }
    }

    package init(_ error: LinkError) {
        switch error {
        case .badAddress, .notHere, .unprotected: self.init(.usage, error.description)
        case .keys(let error): self.init(error)
        case .addressInUse, .failed: self.init(.cannotListen, error.description)
        }
    }
}

extension ExitStatus {
    package init(_ code: ForetokenError.Code) {
        switch code {
        case .invalidArgument, .outOfRange: self = .badData
        case .unavailable, .notFound: self = .unavailable
        case .resourceExhausted, .deadlineExceeded, .aborted: self = .tryAgain
        case .failedPrecondition, .permissionDenied, .unimplemented, .unauthenticated: self = .protocolMismatch
        case .cancelled: self = .interrupted
        case .unknown, .alreadyExists, .internalError, .dataLoss: self = .internalError
        }
    }
}

/// - Throws: `CommandError` with the reason why nobody can be listened for.
package func listening(_ start: () async throws(LinkError) -> String) async throws(CommandError) -> String {
    do {
        return try await start()
    } catch {
        throw CommandError(error)
    }
}
