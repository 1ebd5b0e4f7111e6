import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The live page: one document that asks for nothing but the server's own addresses.
///
/// Its style and its program carry a number that is new in each answer, and a browser heeds only what carries it
/// (Content Security Policy Level 3, section 2.3.1): markup that came with a text would stay without effect.
struct Page: Sendable {
    let nonce: String

    /// The document between the places where the number goes.
    private static let parts = String(decoding: PackageResources.page_html, as: UTF8.self)
        .components(separatedBy: "{{nonce}}")

    init() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.nonce = Data(bytes).base64EncodedString()
    }

    var html: String { Self.parts.joined(separator: self.nonce) }

    var policy: String {
        """
        default-src 'none'; script-src 'nonce-\(self.nonce)'; style-src 'nonce-\(self.nonce)'; img-src data:; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
    }

    var response: Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy: self.policy, .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: self.html)))
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self("referrer-policy")!
}
