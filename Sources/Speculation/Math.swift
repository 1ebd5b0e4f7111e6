#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

// The functions of the C library that this module needs; nothing else of it is used.

func naturalLogarithm(_ x: Double) -> Double { log(x) }
func naturalLogarithm(_ x: Float) -> Float { log(x) }
func exponential(_ x: Double) -> Double { exp(x) }
func exponential(_ x: Float) -> Float { exp(x) }
