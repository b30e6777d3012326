#include "completion_scripts.hpp"

#include <ostream>

namespace pmtune::cli {
namespace {

bool is_model_flag(const std::string& name) { return name == "--model" || name == "--against"; }

std::string words_of(const CommandEntry& entry) {
  std::string words;
  for (const auto& [name, about] : entry.below) words += name + " ";
  for (const FlagEntry& flag : entry.flags) words += flag.name + " ";
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// In bash and zsh: which command the words before the present one name.
void write_walk(std::ostream& out, const std::vector<CommandEntry>& list) {
  out << "    case \"$at $word\" in\n";
  for (const CommandEntry& entry : list)
    for (const auto& [name, about] : entry.below)
      out << "      \"" << entry.path << " " << name << "\") at=\"" << (entry.path.empty() ? "" : entry.path + " ")
          << name << "\" ;;\n";
  out << "    esac\n";
}

}  // namespace

void write_bash(std::ostream& out, const std::vector<CommandEntry>& list) {
  out << "# pmtune completion bash > ~/.local/share/bash-completion/completions/pmtune\n"
         "_pmtune() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" at=\"\" word\n"
         "  COMPREPLY=()\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  write_walk(out, list);
  out << "  done\n"
         "  case \"$at:$before\" in\n";
  for (const CommandEntry& entry : list)
    for (const FlagEntry& flag : entry.flags) {
      if (!flag.takes_value) continue;
      out << "    \"" << entry.path << ":" << flag.name << "\") COMPREPLY=($(compgen ";
      if (!flag.choices.empty())
        out << "-W '" << joined(flag.choices) << "'";
      else
        out << (is_model_flag(flag.name) ? "-f -W \"$(pmtune completion names 2>/dev/null)\"" : "-f");
      out << " -- \"$cur\")); return ;;\n";
    }
  out << "  esac\n"
         "  case \"$at\" in\n";
  for (const CommandEntry& entry : list) out << "    \"" << entry.path << "\") word='" << words_of(entry) << "' ;;\n";
  out << "  esac\n"
         "  if [[ \"$cur\" == -* ]]; then COMPREPLY=($(compgen -W \"$word\" -- \"$cur\")); return; fi\n"
         "  case \"$at\" in\n";
  for (const CommandEntry& entry : list)
    if (!entry.below.empty())
      out << "    \"" << entry.path << "\") COMPREPLY=($(compgen -W \"$word\" -- \"$cur\")) ;;\n";
    else if (entry.names_model)
      out << "    \"" << entry.path
          << "\") COMPREPLY=($(compgen -f -W \"$(pmtune completion names 2>/dev/null)\" -- \"$cur\")) ;;\n";
  out << "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _pmtune pmtune\n";
}

void write_zsh(std::ostream& out, const std::vector<CommandEntry>& list) {
  out << "#compdef pmtune\n"
         "# pmtune completion zsh > ~/.zfunc/_pmtune   (with fpath+=~/.zfunc before compinit)\n"
         "_pmtune() {\n"
         "  local at=\"\" word\n"
         "  local -a entries\n"
         "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n";
  write_walk(out, list);
  out << "  done\n"
         "  case \"$at:${words[CURRENT-1]}\" in\n";
  for (const CommandEntry& entry : list)
    for (const FlagEntry& flag : entry.flags) {
      if (!flag.takes_value) continue;
      out << "    \"" << entry.path << ":" << flag.name << "\") ";
      if (!flag.choices.empty())
        out << "compadd -- " << joined(flag.choices);
      else
        out << (is_model_flag(flag.name) ? "compadd -- $(pmtune completion names 2>/dev/null); _files" : "_files");
      out << "; return ;;\n";
    }
  out << "  esac\n"
         "  case \"$at\" in\n";
  for (const CommandEntry& entry : list) {
    out << "    \"" << entry.path << "\")\n      entries=(";
    for (const auto& [name, about] : entry.below) out << " '" << name << ":" << about << "'";
    for (const FlagEntry& flag : entry.flags) out << " '" << flag.name << ":" << flag.about << "'";
    out << ")\n";
    if (entry.names_model) out << "      compadd -- $(pmtune completion names 2>/dev/null)\n";
    out << "      ;;\n";
  }
  out << "  esac\n"
         "  _describe 'pmtune' entries\n"
         "  _files\n"
         "}\n"
         "_pmtune \"$@\"\n";
}

void write_fish(std::ostream& out, const std::vector<CommandEntry>& list) {
  out << "# pmtune completion fish > ~/.config/fish/completions/pmtune.fish\n"
         "function __pmtune_at\n"
         "  set -l at \"\"\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    switch \"$at $word\"\n";
  for (const CommandEntry& entry : list)
    for (const auto& [name, about] : entry.below)
      out << "      case \"" << entry.path << " " << name << "\"\n        set at \""
          << (entry.path.empty() ? "" : entry.path + " ") << name << "\"\n";
  out << "    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n";
  for (const CommandEntry& entry : list) {
    const std::string here = "complete -c pmtune -n '__pmtune_at \"" + entry.path + "\"'";
    for (const auto& [name, about] : entry.below) out << here << " -f -a '" << name << "' -d '" << about << "'\n";
    if (entry.names_model) out << here << " -a '(pmtune completion names 2>/dev/null)'\n";
    for (const FlagEntry& flag : entry.flags) {
      out << here << " -l '" << flag.name.substr(2) << "'";
      if (flag.takes_value) out << " -r";
      if (!flag.choices.empty()) out << " -f -a '" << joined(flag.choices) << "'";
      if (is_model_flag(flag.name)) out << " -a '(pmtune completion names 2>/dev/null)'";
      out << " -d '" << flag.about << "'\n";
    }
  }
}

}  // namespace pmtune::cli
