"""What most tutorials build, for `latency.py` to compare a cold start with: sentence-transformers and Chroma, the
nearest passages printed. Arguments: folder of the model, folder of the store, question."""

import sys

import chromadb
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1])
passages = chromadb.PersistentClient(sys.argv[2]).get_collection("passages", embedding_function=None)
found = passages.query(query_embeddings=model.encode([sys.argv[3]]), n_results=8)
print("\n\n".join(found["documents"][0]))
