import CProtobufC

/// Owns everything that one encoding or one decoding allocates, and frees all of it at once.
///
/// Memory is cut from growing chunks, so a small message costs one `malloc`. As protobuf-c's allocator it makes leaks and
/// double frees in a half-read message impossible, and bounds what a hostile message may claim.
/// Pointers hold until `free()`, which the owner calls when the last of them is used.
final class Arena {
    private var chunk: UnsafeMutableRawPointer?
    private var offset = 0
    private var size = 0
    private var budget: Int
    /// Whether more was asked for than the budget allows.
    private(set) var isExhausted = false

    private static let alignment = 16
    private static let firstChunk = 1 << 10
    private static let largestChunk = 1 << 20

    /// - Parameter budget: bytes that may be claimed in all.
    init(budget: Int = .max) {
        self.budget = budget
    }

    /// Uninitialized memory for `count` bytes, aligned for any C type; `nil` when the budget is spent.
    func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count >= 0, count <= self.budget else {
            self.isExhausted = true
            return nil
        }
        let padded = (max(count, 1) &+ (Self.alignment - 1)) & ~(Self.alignment - 1)
        self.budget -= min(padded, self.budget)
        if self.chunk == nil || self.size - self.offset < padded { self.grow(by: padded) }
        defer { self.offset += padded }
        return self.chunk.map { $0 + self.offset }
    }

    /// Frees every chunk; pointers into the arena are dead after this.
    func free() {
        while let chunk = self.chunk {
            self.chunk = chunk.load(as: UnsafeMutableRawPointer?.self)
            chunk.deallocate()
        }
        self.offset = 0
        self.size = 0
    }

    /// Begins a chunk; its first word points to the one before.
    private func grow(by count: Int) {
        self.size = max(count + Self.alignment, min(max(2 * self.size, Self.firstChunk), Self.largestChunk))
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: self.size, alignment: Self.alignment)
        chunk.storeBytes(of: self.chunk, as: UnsafeMutableRawPointer?.self)
        self.chunk = chunk
        self.offset = Self.alignment
    }

    /// The arena as protobuf-c allocates from it; holds as long as the arena lives.
    var allocator: ProtobufCAllocator {
        ProtobufCAllocator(
            alloc: { data, count in
                guard let data else { return nil }
                return Unmanaged<Arena>.fromOpaque(data).takeUnretainedValue().allocate(count)
            },
            free: { _, _ in },
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
    }
}
