import CForetokenProtos
import Speculation

extension Envelope.Body {
    func write(to message: inout Foretoken__V1__Envelope, in arena: Arena) {
        switch self {
        case .status(let status):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_STATUS
            message.status = status.message(in: arena)
        case .hello(let hello):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_HELLO
            message.hello = hello.message(in: arena)
        case .welcome(let welcome):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_WELCOME
            message.welcome = welcome.message(in: arena)
        case .ping(let ping):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_PING
            message.ping = ping.message(in: arena)
        case .pong(let pong):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_PONG
            message.pong = pong.message(in: arena)
        case .cancel:
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_CANCEL
            message.cancel = arena.make(foretoken__v1__cancel__init)
        case .acknowledged:
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_ACKNOWLEDGED
            message.acknowledged = arena.make(foretoken__v1__acknowledged__init)
        case .open(let request):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_OPEN
            message.open = request.message(in: arena)
        case .opened(let opened):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_OPENED
            message.opened = opened.message(in: arena)
        case .committed(let committed):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_COMMITTED
            message.committed = committed.message(in: arena)
        case .assign(let request):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_ASSIGN
            message.assign = request.message(in: arena)
        case .verdict(let verdict):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_VERDICT
            message.verdict = verdict.message(in: arena)
        case .attach(let request):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_ATTACH
            message.attach = request.message(in: arena)
        case .mirror(let request):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_MIRROR
            message.mirror = request.message(in: arena)
        case .release(let release):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_RELEASE
            message.release = release.message(in: arena)
        case .block(let block):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_BLOCK
            message.block = block.message(in: arena)
        case .question(let question):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_QUESTION
            message.question = question.message(in: arena)
        case .abstention(let abstention):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_ABSTENTION
            message.abstention = abstention.message(in: arena)
        case .generate(let request):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_GENERATE
            message.generate = request.message(in: arena)
        case .describe:
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_DESCRIBE
            message.describe = arena.make(foretoken__v1__describe_request__init)
        case .description(let description):
            message.body_case = FORETOKEN__V1__ENVELOPE__BODY_DESCRIPTION
            message.description = description.message(in: arena)
        }
    }

    init(_ message: Foretoken__V1__Envelope) throws(WireError) {
        switch message.body_case {
        case FORETOKEN__V1__ENVELOPE__BODY_STATUS:
            self = .status(try Field("status").message(message.status, Status.init))
        case FORETOKEN__V1__ENVELOPE__BODY_HELLO:
            self = .hello(try Field("hello").message(message.hello, Hello.init))
        case FORETOKEN__V1__ENVELOPE__BODY_WELCOME:
            self = .welcome(try Field("welcome").message(message.welcome, Welcome.init))
        case FORETOKEN__V1__ENVELOPE__BODY_PING:
            self = .ping(try Field("ping").message(message.ping, Ping.init))
        case FORETOKEN__V1__ENVELOPE__BODY_PONG:
            self = .pong(try Field("pong").message(message.pong, Pong.init))
        case FORETOKEN__V1__ENVELOPE__BODY_CANCEL: self = .cancel
        case FORETOKEN__V1__ENVELOPE__BODY_ACKNOWLEDGED: self = .acknowledged
        case FORETOKEN__V1__ENVELOPE__BODY_OPEN:
            self = .open(try Field("open").message(message.open, OpenRequest.init))
        case FORETOKEN__V1__ENVELOPE__BODY_OPENED:
            self = .opened(try Field("opened").message(message.opened, Opened.init))
        case FORETOKEN__V1__ENVELOPE__BODY_COMMITTED:
            self = .committed(try Field("committed").message(message.committed, Committed.init))
        case FORETOKEN__V1__ENVELOPE__BODY_ASSIGN:
            self = .assign(try Field("assign").message(message.assign, AssignRequest.init))
        case FORETOKEN__V1__ENVELOPE__BODY_VERDICT:
            self = .verdict(try Field("verdict").message(message.verdict, Verdict.init))
        case FORETOKEN__V1__ENVELOPE__BODY_ATTACH:
            self = .attach(try Field("attach").message(message.attach, AttachRequest.init))
        case FORETOKEN__V1__ENVELOPE__BODY_MIRROR:
            self = .mirror(try Field("mirror").message(message.mirror, MirrorRequest.init))
        case FORETOKEN__V1__ENVELOPE__BODY_RELEASE:
            self = .release(try Field("release").message(message.release, Release.init))
        case FORETOKEN__V1__ENVELOPE__BODY_BLOCK:
            self = .block(try Field("block").message(message.block, Block.init))
        case FORETOKEN__V1__ENVELOPE__BODY_QUESTION:
            self = .question(try Field("question").message(message.question, Question.init))
        case FORETOKEN__V1__ENVELOPE__BODY_ABSTENTION:
            self = .abstention(try Field("abstention").message(message.abstention, Abstention.init))
        case FORETOKEN__V1__ENVELOPE__BODY_GENERATE:
            self = .generate(try Field("generate").message(message.generate, GenerateRequest.init))
        case FORETOKEN__V1__ENVELOPE__BODY_DESCRIBE: self = .describe
        case FORETOKEN__V1__ENVELOPE__BODY_DESCRIPTION:
            self = .description(try Field("description").message(message.description, Description.init))
        default: throw .invalid("body")
        }
    }
}
