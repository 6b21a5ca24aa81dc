//! Content-addressed bytes (models, datasets, evidence): stored under their SHA-256, so storing twice is storing once.

use crate::{Error, Result};
use bytes::Bytes;
use contract::BlobHash;
use object_store::{ObjectStore, PutMode, PutOptions, PutPayload, local::LocalFileSystem, path::Path};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Where blobs lie: a local folder (`file:PATH`), later also S3.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    folder: Arc<str>,
}

impl Blobs {
    /// `file:PATH`; the folder is made if it is missing.
    pub fn open(url: &str) -> Result<Blobs> {
        let Some(path) = url.strip_prefix("file:") else {
            return Err(Error::Config(format!("SLIPWAY_ARTIFACTS must start with file:, and is “{url}”")));
        };
        std::fs::create_dir_all(path).map_err(|e| Error::Config(format!("cannot make the artifact folder {path}: {e}")))?;
        Ok(Blobs { store: Arc::new(LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true)), folder: path.into() })
    }

    /// The folder that holds them.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The address of these bytes.
    pub fn hash(bytes: &[u8]) -> BlobHash {
        BlobHash(hex::encode(Sha256::digest(bytes)))
    }

    fn path(hash: &BlobHash) -> Result<Path> {
        let text = hash.as_str();
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(Error::Corrupt(format!("“{text}” is not a SHA-256")));
        }
        Ok(Path::from(format!("sha256/{}/{}", &text[..2], text)))
    }

    /// Stores bytes; nothing is visible under the hash before all of it is.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobHash> {
        let hash = Self::hash(&bytes);
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&Self::path(&hash)?, PutPayload::from_bytes(bytes), options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(hash),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes, checked against their hash: a damaged file is an error, never an answer.
    pub async fn get(&self, hash: &BlobHash) -> Result<Bytes> {
        let bytes = self.store.get(&Self::path(hash)?).await?.bytes().await?;
        if Self::hash(&bytes) != *hash {
            return Err(Error::Corrupt(format!("the stored file {hash} does not match its hash")));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stores_once_and_notices_damage() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&format!("file:{}", dir.path().display())).unwrap();
        let hash = blobs.put(Bytes::from_static(b"weights")).await.unwrap();
        assert_eq!(blobs.put(Bytes::from_static(b"weights")).await.unwrap(), hash);
        assert_eq!(blobs.get(&hash).await.unwrap(), Bytes::from_static(b"weights"));

        let file = dir.path().join("sha256").join(&hash.as_str()[..2]).join(hash.as_str());
        std::fs::write(&file, b"wEights").unwrap();
        assert!(matches!(blobs.get(&hash).await, Err(Error::Corrupt(_))));
        assert!(matches!(blobs.get(&BlobHash::from("../../etc/passwd")).await, Err(Error::Corrupt(_))));
    }
}
