"""Texts by document id flow in, a search over them flows out, as each peer's own documentation builds it: its way of
cutting, its store, its way of retrieving. The only door to the peers' packages.

All embed with one encoder, ours, so that what differs is the rest. No peer is given a chat model."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from alignment_qa import encoders
from alignment_qa.config import quiet_libraries
from alignment_qa.encoders import Vectors

TOGETHER = 1000
"""Texts that are embedded, or given to a peer, at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a search gives back: words of a document, as the peer cut them."""

    doc_id: str
    text: str


Search = Callable[[str, int], list[Piece]]
"""A question and how many pieces are wanted → at most as many, best first."""


class Embedded:
    """The shipped encoder. Vectors of documents' pieces are kept on disk by their text, so that no text is embedded
    twice, whoever cut it; a question is embedded anew each time it is asked."""

    def __init__(self, folder: Path | None = None) -> None:
        self.encoder = encoders.load()
        self._file = (folder or Path(tempfile.gettempdir())) / f"alignment-qa-peers-{self.encoder.name}.npz"
        self._known: dict[str, Vectors] = {}
        if self._file.exists():
            kept = np.load(self._file)
            self._known = dict(zip(kept["names"].tolist(), kept["vectors"], strict=True))

    def question(self, text: str) -> Vectors:
        return self.encoder.encode([text])[0]

    def pieces(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension), a row a text."""
        from tqdm import tqdm

        names = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        for at in tqdm(range(0, len(new), TOGETHER), desc="embedding", disable=None if new else True):
            some = list(new.items())[at : at + TOGETHER]
            vectors = self.encoder.encode([text for _, text in some])
            self._known.update(zip([name for name, _ in some], vectors, strict=True))
            self._keep()
        return np.array([self._known[name] for name in names], np.float32)

    def _keep(self) -> None:
        part = self._file.with_suffix(f".{os.getpid()}.npz")
        np.savez(part, names=np.array(list(self._known)), vectors=np.array(list(self._known.values())))
        part.replace(self._file)


def langchain(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """RecursiveCharacterTextSplitter 1000/200, as its tutorials set it, and Chroma's similarity search."""
    import chromadb
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Shared(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embedded.pieces(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            return embedded.question(text).tolist()

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    cut = splitter.split_documents([Document(text, metadata={"doc_id": name}) for name, text in texts.items()])
    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    store = Chroma(f"peers-{uuid.uuid4().hex}", Shared(), client=client)
    for at in range(0, len(cut), TOGETHER):  # Chroma takes at most some thousands at once
        store.add_documents(cut[at : at + TOGETHER])

    def search(question: str, k: int) -> list[Piece]:
        found = store.similarity_search(question, k)
        return [Piece(each.metadata["doc_id"], each.page_content) for each in found]

    return search


def haystack(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """DocumentSplitter (200 words), in-memory BM25 and embeddings, joined by reciprocal ranks."""
    from dataclasses import replace

    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    documents = [Document(content=text, meta={"doc_id": name}) for name, text in texts.items()]
    cut = DocumentSplitter().run(documents=documents)["documents"]
    vectors = embedded.pieces([each.content for each in cut])
    store = InMemoryDocumentStore()
    store.write_documents([replace(each, embedding=row.tolist()) for each, row in zip(cut, vectors, strict=True)])
    words, near = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")

    def search(question: str, k: int) -> list[Piece]:
        found = words.run(query=question, top_k=k)["documents"]
        close = near.run(query_embedding=embedded.question(question).tolist(), top_k=k)["documents"]
        joined = joiner.run(documents=[found, close], top_k=k)["documents"]
        return [Piece(each.meta["doc_id"], each.content) for each in joined]

    return search


def llama_index(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """SentenceSplitter (1,024 tokens, 200 shared) and a vector index in memory."""
    index, _ = _llama_index(texts, embedded)

    @cache
    def of(k: int) -> Any:
        return index.as_retriever(similarity_top_k=k)

    return lambda question, k: _llama_pieces(of(k).retrieve(question))


def llama_index_fusion(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """The same with its BM25 retriever beside the vectors, fused by reciprocal ranks; no questions are generated."""
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.retrievers.bm25 import BM25Retriever

    index, nodes = _llama_index(texts, embedded)

    @cache
    def of(k: int) -> Any:
        halves = [
            index.as_retriever(similarity_top_k=k),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=min(k, len(nodes))),
        ]
        return QueryFusionRetriever(
            halves, llm=MockLLM(), mode="reciprocal_rerank", similarity_top_k=k, num_queries=1, use_async=False
        )

    return lambda question, k: _llama_pieces(of(k).retrieve(question))


def _llama_index(texts: Mapping[str, str], embedded: Embedded) -> tuple[Any, list[Any]]:
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.node_parser import SentenceSplitter

    class Shared(BaseEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            return embedded.question(query).tolist()

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

        def _get_text_embedding(self, text: str) -> list[float]:
            return embedded.pieces([text])[0].tolist()

    documents = [Document(text=text, doc_id=name) for name, text in texts.items()]
    nodes = SentenceSplitter().get_nodes_from_documents(documents)
    for node, row in zip(nodes, embedded.pieces([node.get_content() for node in nodes]), strict=True):
        node.embedding = row.tolist()
    return VectorStoreIndex(nodes, embed_model=Shared()), nodes


def _llama_pieces(found: Sequence[Any]) -> list[Piece]:
    return [Piece(each.node.ref_doc_id, each.node.get_content()) for each in found]


def txtai(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """Paragraphs, and one index of vectors and BM25 (`hybrid=True`)."""
    from txtai import Embeddings
    from txtai.pipeline import Segmentation

    cut = [Piece(name, part) for name, text in texts.items() for part in Segmentation(paragraphs=True)(text)]
    encode = embedded.pieces

    def transform(texts: list[str]) -> Vectors:
        return encode(texts)

    index = Embeddings(method="external", transform=transform, hybrid=True)
    index.index((at, piece.text, None) for at, piece in enumerate(cut))
    encode = embedded.encoder.encode  # from here on only questions come
    return lambda question, k: [cut[int(at)] for at, _ in index.search(question, k)]


def paper_qa(texts: Mapping[str, str], embedded: Embedded) -> Search:
    """Its 5,000 characters, 250 shared, and its vector search (no model reads or ranks what is found)."""
    from lmi import EmbeddingModel
    from paperqa import Doc, Docs, Settings, Text
    from paperqa.readers import chunk_text
    from paperqa.types import ParsedMetadata, ParsedText

    class Shared(EmbeddingModel):
        name: str = "shared"

        async def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [embedded.question(text).tolist() for text in texts]

    settings = Settings(parsing={"defer_embedding": True, "multimodal": False})
    size, overlap = settings.parsing.reader_config["chunk_chars"], settings.parsing.reader_config["overlap"]
    cut: list[tuple[Doc, list[Text]]] = []
    for name, text in texts.items():
        doc = Doc(docname=name, dockey=name, citation=name)
        read = ParsedText(
            content=text,
            metadata=ParsedMetadata(parsing_libraries=[], total_parsed_text_length=len(text), paperqa_version=""),
        )
        # By characters: its tokeniser, which only moves the cuts to tokens, would be downloaded.
        cut.append((doc, chunk_text(read, doc, size, overlap, use_tiktoken=False)))
    vectors = iter(embedded.pieces([each.text for _, parts in cut for each in parts]).tolist())
    docs, model = Docs(), Shared()

    async def add() -> None:
        for doc, parts in cut:
            for each in parts:
                each.embedding = next(vectors)
            await docs.aadd_texts(parts, doc, settings)

    asyncio.run(add())

    def search(question: str, k: int) -> list[Piece]:
        found = asyncio.run(docs.retrieve_texts(question, k, settings, model))
        return [Piece(str(each.doc.dockey), each.text) for each in found]

    return search


Build = Callable[[Mapping[str, str], Embedded], Search]
PEERS: dict[str, tuple[Build, tuple[str, ...]]] = {
    "LangChain + Chroma": (langchain, ("langchain_chroma", "langchain_text_splitters")),
    "haystack": (haystack, ("haystack",)),
    "llama-index": (llama_index, ("llama_index.core",)),
    "llama-index, fusion": (llama_index_fusion, ("llama_index.core", "llama_index.retrievers.bm25")),
    "txtai": (txtai, ("txtai",)),
    "paper-qa": (paper_qa, ("paperqa",)),
}
"""Name → how it is built, and the modules that it needs."""


def missing(name: str) -> list[str]:
    """The modules that a peer needs and that are not installed."""
    return [module for module in PEERS[name][1] if not _installed(module)]


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is not there
        return False


def quiet() -> None:
    """Switch off what the peers would send out or fetch on their own. Call before any of them is imported."""
    quiet_libraries()
    for name, value in {
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # paper-qa's: a price list, fetched on import
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }.items():
        os.environ[name] = value
