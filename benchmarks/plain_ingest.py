"""What most tutorials build, for `ingest.py` to compare an ingest with: text files cut by LangChain's splitter, embedded
by sentence-transformers, kept in Chroma. Arguments: folder of the model, folder for the store, files."""

import sys
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

model, store, *files = sys.argv[1:]
documents = [Document(Path(file).read_text(encoding="utf-8"), metadata={"source": file}) for file in files]
chunks = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200).split_documents(documents)
Chroma.from_documents(chunks, HuggingFaceEmbeddings(model_name=model), persist_directory=store)
print(len(chunks))
