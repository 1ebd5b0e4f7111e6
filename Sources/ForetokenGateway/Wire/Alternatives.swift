/// A value that may have several shapes is read in one after the other; why one that fits is broken is told, not that the
/// next does not fit either.
///
/// - Returns: `nil` where the value is of another type.
func ifFits<Value>(_ read: () throws -> Value) throws -> Value? {
    do {
        return try read()
    } catch DecodingError.typeMismatch {
        return nil
    }
}
