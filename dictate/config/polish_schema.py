"""The table [polish] of config.toml."""

from dataclasses import dataclass

from dictate.config.profile_schema import option


@dataclass(frozen=True, slots=True)
class PolishSettings:
    """A language model that polishes your texts (polish under [text]) or edits what you have
    selected (edit_key under [hotkey]). Both are off unless you switch them on. The model runs on a
    server with OpenAI's chat interface, such as Ollama, llama-server or vLLM."""

    base_url: str = option("http://127.0.0.1:11434/v1", reads="dictate.chat.address:chat_url")
    """The address of the server. The default is Ollama's on this machine; llama-server's is usually
    http://127.0.0.1:8080/v1. A server elsewhere needs https://, and gets every text that is
    polished or edited."""
    model: str = ""
    """The model on the server. Empty means the only one that the server has."""
    api_key_file: str = ""
    """The file with the key that the server requires. No other user may be able to read it."""
    certificate_file: str = ""
    """The certificate to trust, if the server made its own. Empty trusts the certificates that this
    system trusts."""
    when: str = option("after", choices=("after", "before"))
    """after writes what you said at once, and replaces it when the model has answered, unless you
    have typed, clicked or gone elsewhere by then. before waits for the model, from 4 to 15 seconds
    by the length of the text, and writes once."""
