"""The systems that are compared, each as processes that stay alive, and write a text when asked.

An arm is a system in one setting. Its `generate(prompt)` returns the new tokens, and the seconds from the first of them
to the last with the number of tokens that came in that time: neither loading nor the prompt is in it.
"""

import json
import os
import subprocess
import tempfile
import time
import urllib.request


class Failed(Exception):
    pass


class Process:
    """A child whose standard error goes to a file, the end of which is shown when it fails."""

    def __init__(self, name, command, **options):
        self.name = name
        self.error = tempfile.NamedTemporaryFile()
        try:
            self.child = subprocess.Popen(command, stderr=self.error, text=True, **options)
        except OSError as error:
            raise Failed(f"{name}: {command[0]} cannot be run: {error.strerror}")

    def log(self):
        with open(self.error.name, errors="replace") as log:
            return log.read()

    def failure(self, what):
        return Failed(f"{self.name} {what}:\n{self.log()[-2000:]}")

    def line(self):
        line = self.child.stdout.readline()
        if not line:
            raise self.failure("ended")
        return line

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.error.close()


class LlamaServer:
    """llama.cpp's server: plain, or with a draft and one length of its blocks."""

    def __init__(self, options, draft_length):
        self.name = f"llama.cpp fixed:{draft_length}" if draft_length else "llama.cpp plain"
        threads = str(options.threads)
        command = [options.llama_server, "--model", options.model, "--threads", threads, "--threads-batch", threads]
        command += ["--ctx-size", str(options.context), "--parallel", "1", "--port", "0", "--offline", "--no-slots"]
        command += ["--cache-ram", "0"]
        if draft_length:
            draft_threads = str(options.llama_draft_threads)
            command += ["--spec-type", "draft-simple", "--spec-draft-model", options.draft]
            command += ["--spec-draft-n-max", str(draft_length), "--spec-draft-n-min", "0", "--spec-draft-p-min", "0"]
            command += ["--threads-draft", draft_threads, "--threads-batch-draft", draft_threads]
        self.process = Process(self.name, command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.max_tokens = options.max_tokens
        self.temperature = options.temperature
        self.address = None

    def ready(self):
        deadline = time.monotonic() + 120
        while self.address is None:
            if self.process.child.poll() is not None or time.monotonic() > deadline:
                raise self.process.failure("did not start")
            words = self.process.log().split("listening on ")
            if len(words) > 1:
                self.address = words[1].split()[0]
            else:
                time.sleep(0.1)

    def ask(self, path, body):
        request = urllib.request.Request(self.address + path, json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def tokenize(self, text):
        return self.ask("/tokenize", {"content": text, "add_special": True, "parse_special": False})["tokens"]

    def generate(self, prompt):
        answer = self.ask("/completion", {
            "prompt": prompt["tokens"], "n_predict": self.max_tokens, "temperature": self.temperature,
            "seed": 1, "samplers": ["temperature"],
            "cache_prompt": False, "return_tokens": True,
        })
        tokens, timings = answer["tokens"], answer["timings"]
        # The server's clock starts with the first token.
        return tokens, timings["predicted_ms"] / 1000, timings["predicted_n"] - 1

    def stop(self):
        self.process.stop()


class Transformers:
    """Both models in a process with Transformers, which writes plainly or assisted."""

    def __init__(self, options, number_type):
        worker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transformers_worker.py")
        command = [options.python, worker, options.model, options.draft, number_type, str(options.threads)]
        self.process = Process(
            f"transformers {number_type}", command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.max_tokens = options.max_tokens

    def ready(self):
        self.process.line()

    def generate(self, prompt, assisted):
        request = {"tokens": prompt["tokens"], "max_tokens": self.max_tokens, "assisted": assisted}
        self.process.child.stdin.write(json.dumps(request) + "\n")
        self.process.child.stdin.flush()
        answer = json.loads(self.process.line())
        return answer["tokens"], answer["seconds"], answer["count"]

    def stop(self):
        self.process.stop()


class Foretoken:
    """A target, a draft and a coordinator, served by one process, which shares out the cores by itself."""

    def __init__(self, options):
        command = [options.foretoken, "serve", "all", "--model", options.model, "--draft", options.draft]
        command += ["--slots", "1"]
        command += ["--context", str(options.context)]
        for name in ["--listen", "--listen-target", "--listen-draft"]:
            command += [name, "tcp://127.0.0.1:0"]
        self.process = Process("foretoken", command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.options = options

    def ready(self):
        self.address = json.loads(self.process.line())["address"]

    def generate(self, prompt, rule):
        command = [self.options.foretoken, "generate", "--connect", self.address, "--json", "--lookahead", rule]
        command += ["--max-tokens", str(self.options.max_tokens)]
        command += ["--temperature", str(self.options.temperature), "--seed", "1", "-"]
        ended = subprocess.run(command, input=prompt["text"], capture_output=True, text=True)
        if ended.returncode != 0:
            raise Failed(ended.stderr.strip())
        answer = json.loads(ended.stdout)
        if answer["statistics"]["prompt_tokens"] != len(prompt["tokens"]):
            raise Failed("foretoken and llama.cpp tokenize a prompt differently")
        return answer["tokens"], answer["statistics"]["generation_ms"] / 1000, len(answer["tokens"]) - 1

    def stop(self):
        self.process.stop()
