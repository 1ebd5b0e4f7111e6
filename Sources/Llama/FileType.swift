internal import CLlama

/// How most of a model file's numbers are stored, under the names that llama.cpp's own tools have for it.
///
/// Most are mixes: libllama stores some tensors of each file in a finer type. Only those are here that it can write
/// without an importance matrix.
public enum FileType: String, CaseIterable, Sendable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case q8 = "Q8_0"
    case q6k = "Q6_K"
    case q5km = "Q5_K_M"
    case q5ks = "Q5_K_S"
    case q51 = "Q5_1"
    case q50 = "Q5_0"
    case q4km = "Q4_K_M"
    case q4ks = "Q4_K_S"
    case q41 = "Q4_1"
    case q40 = "Q4_0"
    case iq4nl = "IQ4_NL"
    case iq4xs = "IQ4_XS"
    case q3kl = "Q3_K_L"
    case q3km = "Q3_K_M"
    case q3ks = "Q3_K_S"
    case iq3m = "IQ3_M"
    case iq3s = "IQ3_S"
    case q2k = "Q2_K"

    /// Finds a type by its name, in any case; `Q4_K` and its like are the `_M` of their kind, as in llama.cpp.
    public init?(name: String) {
        let name = name.uppercased()
        guard let type = Self(rawValue: name) ?? Self(rawValue: name + "_M") else { return nil }
        self = type
    }

    /// - Returns: `nil` for a type that is not among these.
    init?(_ value: llama_ftype) {
        guard let type = Self.allCases.first(where: { $0.value == value }) else { return nil }
        self = type
    }

    var value: llama_ftype {
        switch self {
        case .f32: LLAMA_FTYPE_ALL_F32
        case .f16: LLAMA_FTYPE_MOSTLY_F16
        case .bf16: LLAMA_FTYPE_MOSTLY_BF16
        case .q8: LLAMA_FTYPE_MOSTLY_Q8_0
        case .q6k: LLAMA_FTYPE_MOSTLY_Q6_K
        case .q5km: LLAMA_FTYPE_MOSTLY_Q5_K_M
        case .q5ks: LLAMA_FTYPE_MOSTLY_Q5_K_S
        case .q51: LLAMA_FTYPE_MOSTLY_Q5_1
        case .q50: LLAMA_FTYPE_MOSTLY_Q5_0
        case .q4km: LLAMA_FTYPE_MOSTLY_Q4_K_M
        case .q4ks: LLAMA_FTYPE_MOSTLY_Q4_K_S
        case .q41: LLAMA_FTYPE_MOSTLY_Q4_1
        case .q40: LLAMA_FTYPE_MOSTLY_Q4_0
        case .iq4nl: LLAMA_FTYPE_MOSTLY_IQ4_NL
        case .iq4xs: LLAMA_FTYPE_MOSTLY_IQ4_XS
        case .q3kl: LLAMA_FTYPE_MOSTLY_Q3_K_L
        case .q3km: LLAMA_FTYPE_MOSTLY_Q3_K_M
        case .q3ks: LLAMA_FTYPE_MOSTLY_Q3_K_S
        case .iq3m: LLAMA_FTYPE_MOSTLY_IQ3_M
        case .iq3s: LLAMA_FTYPE_MOSTLY_IQ3_S
        case .q2k: LLAMA_FTYPE_MOSTLY_Q2_K
        }
    }
}
