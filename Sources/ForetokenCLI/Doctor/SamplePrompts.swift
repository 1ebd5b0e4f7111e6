import CommandSupport

/// Prompts of several kinds, for who gives none.
enum SamplePrompts {
    static let all: [CheckPrompt] = zip(Self.texts, 1...).map {
        CheckPrompt(text: $0, domain: "", place: "sample prompt \($1)")
    }

    private static let texts = [
        "Once upon a time, in a village by the sea, there lived a fisherman who",
        "import unittest\n\nclass TestParser(unittest.TestCase):\n    def test_empty(self):\n",
        "The main difference between a process and a thread is that",
        "/// Returns the greatest common divisor of two numbers.\nfunc greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {\n",
        "Dear Sir or Madam,\n\nI am writing to you because the parcel that I ordered",
        "To install the program, follow these steps:\n\n1. ",
    ]
}
