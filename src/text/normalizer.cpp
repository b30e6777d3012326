#include "text/normalizer.hpp"
namespace pmtune::text {
std::string compose(std::string_view text) { return std::string(text); }
}
