// A model as its place names it, before its files have been opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pmtune::hub {

enum class Place { pmtune, huggingface, lm_studio, ollama };
const char* to_string(Place place);  // "pmtune", "huggingface", "lm-studio", "ollama"
const char* title(Place place);      // "pmtune", "Hugging Face", "LM Studio", "Ollama"

struct Candidate {
  Place place = Place::pmtune;
  std::string repository;        // "OWNER/NAME"; for Ollama "llama3.2:3b"
  std::string file;              // the GGUF file in it; empty for a folder, and for Ollama
  std::filesystem::path source;  // what Model::load would open
  std::int64_t bytes = 0;        // of the weights
  std::string fault;             // why it cannot be opened, known already: a blob is missing, the file is split

  std::string reference() const { return file.empty() ? repository : repository + ":" + file; }
};

// All that can be found. Never throws for what lies in the folders.
std::vector<Candidate> find_candidates();

// Of each place. Folders that do not exist hold nothing.
void find_in_pmtune(const std::filesystem::path& models, std::vector<Candidate>& found);
void find_in_huggingface(const std::filesystem::path& cache, std::vector<Candidate>& found);
void find_in_lm_studio(const std::filesystem::path& models, std::vector<Candidate>& found);
void find_in_ollama(const std::filesystem::path& models, std::vector<Candidate>& found);

}  // namespace pmtune::hub
