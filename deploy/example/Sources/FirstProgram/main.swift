import Foretoken

let address = CommandLine.arguments.dropFirst().first ?? "tcp://127.0.0.1:7000"
try await withForetokenClient(address: address) { client in
    // A text, as it comes.
    let story = try await client.generate("Once upon a time", options: GenerationOptions(maxTokens: 32))
    for try await piece in story {
        print(piece.text, terminator: "")
    }
    print("\n\(story.statistics.acceptedTokens) of \(story.statistics.generatedTokens) tokens came from the draft")

    // A chat, in one call.
    let answer = try await client.complete(
        .chat([.system("Answer in one line."), .user("What is a kernel?")]),
        options: GenerationOptions(maxTokens: 32, temperature: 0.7, seed: 1))
    print(answer.text)
}
